package io.clawpod.spawner.docker;

import static io.clawpod.spawner.docker.Handlers.changed;
import static io.clawpod.spawner.docker.Handlers.mapped;
import static io.clawpod.spawner.docker.Handlers.refused;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.docker.Flag.Option;
import io.clawpod.spawner.session.Restart;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** How the agent starts, ends and starts again, and what stays of it. */
final class LifeFlags {
    private static final Pattern ON_FAILURE = Pattern.compile("on-failure(:[0-9]{1,9})?");
    private static final String HEARTBEAT = "leave it out; give the session a heartbeat by the sessions API";
    private static final String NO_PROBE = "sets up Docker's health check";

    static final List<Flag> FLAGS = List.of(
            Flag.toggle("rm", LifeFlags::rm),
            Flag.toggle("help", refused("asks for help, not for a session", "leave it out")),
            Flag.toggle("detach", mapped("the agent runs on when this call has been answered"))
                    .shorthand('d'),
            Flag.single("restart", LifeFlags::restart),
            Flag.toggle("init", LifeFlags::init),
            Flag.single("stop-timeout", LifeFlags::stopTimeout),
            Flag.single("stop-signal", LifeFlags::stopSignal),
            Flag.single("pull", LifeFlags::pull),
            Flag.single("platform", LifeFlags::platform),
            Flag.single("log-driver", LifeFlags::logDriver),
            Flag.list("log-opt", changed("the node keeps the logs")).showingName(),
            Flag.toggle("no-healthcheck", mapped("a pod never runs an image's health check")),
            Flag.single("health-cmd", refused(NO_PROBE, HEARTBEAT)).showingNothing(),
            Flag.single("health-interval", refused(NO_PROBE, HEARTBEAT)),
            Flag.single("health-retries", refused(NO_PROBE, HEARTBEAT)),
            Flag.single("health-start-interval", refused(NO_PROBE, HEARTBEAT)),
            Flag.single("health-start-period", refused(NO_PROBE, HEARTBEAT)),
            Flag.single("health-timeout", refused(NO_PROBE, HEARTBEAT)),
            Flag.toggle("disable-content-trust", LifeFlags::contentTrust));

    private LifeFlags() {}

    private static void rm(Option option, Draft draft) {
        draft.remove = option.isOn();
        draft.removeGiven = true;
        if (option.isOn()) {
            draft.mapped(option, "the pod is deleted once its retention is over");
        } else {
            draft.changed(option, "the pod is deleted once its retention is over, also without --rm");
        }
    }

    private static void restart(Option option, Draft draft) {
        String value = option.value();
        if (value.isEmpty() || value.equals("no")) {
            draft.mapped(option, "never started again");
            return;
        }
        if (value.equals("always") || value.equals("unless-stopped")) {
            draft.changed(option, "started again only after a failure: an agent that ends with 0 has done its work");
        } else if (value.equals("on-failure")) {
            draft.mapped(option, "started again after a failure");
        } else if (ON_FAILURE.matcher(value).matches()) {
            draft.changed(option, "started again after a failure, with growing pauses and not counted");
        } else {
            throw new InvalidValue("", "is no restart policy", "use no, on-failure, always or unless-stopped");
        }
        draft.restart = Restart.ON_FAILURE;
        draft.restartFlag = option;
    }

    /** What can only be said once all flags are read. */
    static void finish(Draft draft) {
        if (draft.remove && draft.restartFlag != null) {
            draft.invalid(
                    draft.restartFlag,
                    new InvalidValue("", "contradicts --rm, as it does with Docker", "give only one of the two"));
        } else if (!draft.removeGiven) {
            draft.changed("--rm", null, "not given, but the pod is deleted once its retention is over");
        }
    }

    private static void init(Option option, Draft draft) {
        if (option.isOn()) {
            draft.changed(
                    option,
                    "no init is put before the agent: the pod's pause process reaps orphans only where the pod's"
                            + " containers share its process namespace, else the agent is process 1");
        } else {
            draft.mapped(option, "no init is put before the agent");
        }
    }

    private static void stopTimeout(Option option, Draft draft) {
        Sizes.integer(option.value(), -1, Integer.MAX_VALUE);
        draft.changed(option, "the configured grace period holds; a stop can name another");
    }

    private static void stopSignal(Option option, Draft draft) {
        String signal = option.value().toUpperCase(Locale.ROOT);
        if (List.of("", "15", "TERM", "SIGTERM").contains(signal)) {
            draft.changed(option, "the image's own stop signal, else SIGTERM");
        } else {
            draft.unsupported(option, "cannot be set on a pod", "leave it out, or set STOPSIGNAL in the image");
        }
    }

    private static void pull(Option option, Draft draft) {
        switch (option.value()) {
            case "always", "missing", "never" -> draft.changed(option, "the configured pull policy holds");
            default -> throw new InvalidValue("", "is no pull policy", "use always, missing or never");
        }
    }

    private static void platform(Option option, Draft draft) {
        switch (option.value().toLowerCase(Locale.ROOT)) {
            case "", "linux" -> draft.mapped(option, "every node runs Linux");
            case "linux/amd64" -> draft.changed(option, "the image is pulled for the node's platform");
            default ->
                draft.unsupported(
                        option,
                        "asks for a platform that nodes cannot be chosen by",
                        "leave it out, or use linux/amd64");
        }
    }

    private static void logDriver(Option option, Draft draft) {
        if (option.value().equals("none")) {
            draft.unsupported(option, "asks that no logs are kept, but the node always keeps them", "leave it out");
        } else {
            draft.changed(option, "the node keeps the logs");
        }
    }

    private static void contentTrust(Option option, Draft draft) {
        if (option.isOn()) {
            draft.mapped(option, "images are not checked for content trust");
        } else {
            draft.unsupported(option, "asks for Docker's content trust", "leave it out; name the image by digest");
        }
    }
}
