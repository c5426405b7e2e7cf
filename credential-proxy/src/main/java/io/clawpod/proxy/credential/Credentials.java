package io.clawpod.proxy.credential;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * The credentials that the routes name. Their files are read anew every {@link #RELOAD} off the event loop: the kubelet
 * swaps a Secret's files by a symbolic link, which file notifications on the file itself do not show. Thread-safe.
 */
@Singleton
public final class Credentials {
    static final Duration RELOAD = Duration.ofSeconds(2);

    private static final String FOLDER = "{folder}";
    private static final Logger LOG = Logger.getLogger(Credentials.class);

    private final Vertx vertx;
    private final Clock clock;
    private final MeterRegistry meters;
    private final SecretKeeper keeper;
    private final TokenEndpoint endpoint;
    private final Optional<String> secret;
    private volatile Map<String, Known> known = Map.of();

    private record Known(CredentialSpec spec, Source source) {}

    /** @param secret the name of the Secret that a folder is mounted from, with {@code {folder}} in it, for what is said of faults */
    Credentials(
            Vertx vertx,
            Clock clock,
            MeterRegistry meters,
            KubernetesClient client,
            @ConfigProperty(name = "clawpod.credentials.secret") Optional<String> secret) {
        this.vertx = vertx;
        this.clock = clock;
        this.meters = meters;
        this.keeper = new ClusterSecrets(client);
        this.endpoint = new TokenEndpoint(vertx);
        this.secret = secret;
    }

    /** Takes these in place of those it has; one that is the same as before keeps what it holds. Blocks: reads files. */
    public synchronized void use(Collection<CredentialSpec> specs) {
        Map<String, Known> next = new HashMap<>();
        for (CredentialSpec spec : specs) {
            Known before = known.get(spec.name());
            next.put(
                    spec.name(), before != null && before.spec().equals(spec) ? before : new Known(spec, source(spec)));
        }
        known = Map.copyOf(next);
    }

    private Source source(CredentialSpec spec) {
        if (spec instanceof CredentialSpec.Oauth oauth) {
            RefreshMeter meter = new RefreshMeter(meters, spec.name());
            WriteBack writeBack = new WriteBack(oauth, keeper, vertx, clock, meter);
            return new OauthSource(oauth, endpoint, writeBack, clock, meter);
        }
        return new FileSource(spec);
    }

    /** The credential of this name for a call; never fails, and completes on the caller's event loop. */
    public Future<CredentialState> obtain(String name) {
        Known named = known.get(name);
        if (named == null) {
            return Future.succeededFuture(unknown(name));
        }
        Future<CredentialState> state = named.source().obtain();
        if (state.isComplete()) {
            return state;
        }
        Context context = vertx.getOrCreateContext();
        Promise<CredentialState> here = Promise.promise();
        state.onComplete(done -> context.runOnContext(now -> here.handle(done)));
        return here.future();
    }

    /** Has a credential renewed that an upstream answered with 401, where that can be done. */
    public void rejected(Credential carried) {
        Known named = known.get(carried.name());
        if (named != null) {
            named.source().rejected(carried);
        }
    }

    /** What is known of the credential of this name; starts nothing. */
    public CredentialState state(String name) {
        Known named = known.get(name);
        return named == null ? unknown(name) : named.source().state();
    }

    /** What is wrong with each credential that cannot be used now, by name, and which Secret it should come from. */
    public Map<String, String> faults() {
        Map<String, String> faults = new TreeMap<>();
        known.forEach((name, each) -> {
            CredentialState state = each.source().state();
            if (state instanceof CredentialState.Missing missing) {
                faults.put(name, missing.reason() + mountedFrom(each.spec().folder()));
            } else if (state instanceof CredentialState.Failed failed) {
                faults.put(name, failed.reason());
            }
        });
        return faults;
    }

    private String mountedFrom(Path folder) {
        return secret.map(name -> " It is mounted from the Secret "
                        + name.replace(FOLDER, String.valueOf(folder.getFileName())) + ".")
                .orElse("");
    }

    private static CredentialState unknown(String name) {
        return new CredentialState.Missing("No credential " + name + " is configured.");
    }

    void start(@Observes StartupEvent event) {
        vertx.setPeriodic(
                RELOAD.toMillis(),
                timer -> vertx.executeBlocking(
                                () -> {
                                    known.values().forEach(each -> each.source().reread());
                                    return null;
                                },
                                false)
                        .onComplete(read ->
                                known.values().forEach(each -> each.source().tick())));
    }

    static void log(String name, CredentialState state) {
        if (state instanceof CredentialState.Present) {
            LOG.infof("credential loaded name=%s", name);
        } else if (state instanceof CredentialState.Missing missing) {
            LOG.warnf("credential missing name=%s reason=\"%s\"", name, missing.reason());
        }
    }
}
