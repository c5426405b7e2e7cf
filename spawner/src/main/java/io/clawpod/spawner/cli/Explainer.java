package io.clawpod.spawner.cli;

import io.clawpod.common.InstallSlug;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.cli.Explanation.StandIn;
import io.clawpod.spawner.docker.DockerRun;
import io.clawpod.spawner.docker.Translation;
import io.clawpod.spawner.plan.ClusterFacts;
import io.clawpod.spawner.plan.MountReviews;
import io.clawpod.spawner.plan.Plan;
import io.clawpod.spawner.plan.Planner;
import io.clawpod.spawner.plan.Settings;
import io.clawpod.spawner.plan.TokenSecret;
import io.clawpod.spawner.session.Heartbeat;
import io.clawpod.spawner.session.SessionSpec;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Explains a {@code docker run} by the parts that also carry it out. The same input always gives the same answer. */
final class Explainer {
    /** Stands for the proxy's address: kept for documentation (RFC 5737 section 3), so it is no address of a cluster. */
    static final String PROXY_IP = "192.0.2.1";

    static final String NAME = "run-00000000-0000-0000-0000-000000000000";

    private static final String NONCE = "0";

    private final Planner planner = new Planner();
    private final Settings settings;
    private final MountReviews mounts;
    private final @Nullable InstallSlug install;
    private final @Nullable Heartbeat heartbeat;
    private final @Nullable String proxyIp;

    /**
     * @param install of a session that names none
     * @param heartbeat of a session that has something mounted at /workspace; absent for none
     * @param proxyIp where agents find the proxy; absent means that a stand-in will do
     */
    Explainer(
            Settings settings,
            MountReviews mounts,
            @Nullable InstallSlug install,
            @Nullable Heartbeat heartbeat,
            @Nullable String proxyIp) {
        this.mounts = mounts;
        this.settings = settings;
        this.install = install;
        this.heartbeat = heartbeat;
        this.proxyIp = proxyIp;
    }

    Explanation explain(List<String> argv) {
        List<StandIn> standIns = new ArrayList<>();
        Translation translation = new DockerRun(install, heartbeat, () -> {
                    standIns.add(new StandIn(NAME, "what names the session: without --name each gets a new one"));
                    return NAME;
                })
                .translate(argv);
        if (translation instanceof Translation.Translated translated) {
            return plan(translated, standIns);
        }
        List<String> reasons = translation.report().refused().stream()
                .map(entry -> (entry.index() == null ? "" : "argv[" + entry.index() + "] ") + entry.flag() + ": "
                        + entry.note())
                .toList();
        return Explanation.refused(reasons, translation.report());
    }

    private Explanation plan(Translation.Translated translated, List<StandIn> standIns) {
        SessionKey key = translated.key();
        String secret = TokenSecret.name(key.podName(), NONCE);
        ClusterFacts facts = new ClusterFacts(proxyIp == null ? PROXY_IP : proxyIp);
        Plan plan = plan(key, translated.spec(), secret, facts);
        if (!(plan instanceof Plan.Planned planned)) {
            return Explanation.refused(
                    EveryReason.of(translated.spec(), spec -> plan(key, spec, secret, facts)), translated.report());
        }
        if (proxyIp == null) {
            standIns.add(new StandIn(PROXY_IP, "the credential proxy's ClusterIP: give it by --proxy-ip"));
        }
        standIns.add(new StandIn(secret, "the Secret with the session's token, of a new name for each pod"));
        return new Explanation(
                Explanation.TRANSLATED,
                null,
                key.toString(),
                planned.pod(),
                planned.warnings(),
                translated.report(),
                standIns);
    }

    private Plan plan(SessionKey key, SessionSpec spec, String secret, ClusterFacts facts) {
        return planner.plan(key, spec, mounts.review(spec), secret, facts, settings);
    }
}
