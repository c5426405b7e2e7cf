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
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jboss.logging.Logger;

/**
 * The credentials that the routes name. Their files are read anew every {@link #RELOAD} off the event loop: the kubelet
 * swaps a Secret's files by a symbolic link, which file notifications on the file itself do not show. Thread-safe.
 */
@Singleton
public final class Credentials {
    static final Duration RELOAD = Duration.ofSeconds(2);

    private static final Logger LOG = Logger.getLogger(Credentials.class);

    private final Vertx vertx;
    private final Clock clock;
    private final MeterRegistry meters;
    private final SecretKeeper keeper;
    private final TokenEndpoint endpoint;
    private volatile Map<String, Known> known = Map.of();

    private record Known(CredentialSpec spec, Source source) {}

    Credentials(Vertx vertx, Clock clock, MeterRegistry meters, KubernetesClient client) {
        this.vertx = vertx;
        this.clock = clock;
        this.meters = meters;
        this.keeper = new ClusterSecrets(client);
        this.endpoint = new TokenEndpoint(vertx);
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

    /** What is wrong with each credential that cannot be used now, by name. */
    public Map<String, String> faults() {
        Map<String, String> faults = new TreeMap<>();
        known.forEach((name, each) -> {
            CredentialState state = each.source().state();
            if (state instanceof CredentialState.Missing missing) {
                faults.put(name, missing.reason());
            } else if (state instanceof CredentialState.Failed failed) {
                faults.put(name, failed.reason());
            }
        });
        return faults;
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
