package io.clawpod.proxy.route;

import io.clawpod.common.InvalidValue;
import io.clawpod.proxy.credential.CredentialSpec;
import io.clawpod.proxy.credential.Credentials;
import io.clawpod.proxy.route.RoutesSource.Reading;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Vertx;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The table in force. Its source is compared every {@link #RELOAD} off the event loop; a new table takes the place of the
 * old one as a whole, and one that is wrong takes no place at all. Thread-safe.
 */
@Singleton
public final class Routes {
    static final Duration RELOAD = Duration.ofSeconds(2);

    private static final Logger LOG = Logger.getLogger(Routes.class);
    private static final int SHOWN = 5;

    private final RoutesSource source;
    private final Consumer<Collection<CredentialSpec>> credentials;
    private volatile @Nullable RouteTable table;
    private volatile @Nullable String fault;

    @Inject
    Routes(
            Credentials credentials,
            MeterRegistry meters,
            @ConfigProperty(name = "clawpod.routes.file") Optional<Path> file,
            @ConfigProperty(name = "clawpod.credentials.directory") Path folder,
            @ConfigProperty(name = "clawpod.upstream.url") Optional<String> url,
            @ConfigProperty(name = "clawpod.upstream.allow-private") boolean allowPrivate,
            @ConfigProperty(name = "clawpod.credential.directory") Path credentialFolder) {
        this(new RoutesSource(file, folder, url, allowPrivate, credentialFolder), credentials::use, meters);
    }

    Routes(RoutesSource source, Consumer<Collection<CredentialSpec>> credentials, MeterRegistry meters) {
        this.source = source;
        this.credentials = credentials;
        reload();
        Gauge.builder("clawpod.proxy.routes.faulty", this, routes -> routes.fault == null ? 0 : 1)
                .description("1 while the routes as they are configured now are wrong and not in force")
                .strongReference(true)
                .register(meters);
        Gauge.builder("clawpod.proxy.routes", this, routes -> routes.count())
                .description("Routes in force")
                .strongReference(true)
                .register(meters);
    }

    /** The table for every call; null if there never was a valid one, and then {@link #fault()} says why. */
    public @Nullable RouteTable current() {
        return table;
    }

    /** What is wrong with the configuration as it is now, which may not be the one in force; null if nothing is. */
    public @Nullable String fault() {
        return fault;
    }

    /** Where the configuration is: a file's path or a setting's name. */
    public String origin() {
        return source.origin();
    }

    private int count() {
        RouteTable current = table;
        return current == null ? 0 : current.routes().size();
    }

    void start(@Observes StartupEvent event, Vertx vertx) {
        vertx.setPeriodic(
                RELOAD.toMillis(),
                timer -> vertx.executeBlocking(
                        () -> {
                            reload();
                            return null;
                        },
                        false));
    }

    /** Reads the source once more. Blocks. */
    synchronized void reload() {
        Reading reading = source.poll();
        if (reading instanceof Reading.Valid valid) {
            // The credentials first: a call must not find a route whose credential is still to be read.
            credentials.accept(valid.table().credentials());
            table = valid.table();
            fault = null;
            LOG.infof(
                    "routes loaded origin=%s routes=%d credentials=%d",
                    origin(), count(), valid.table().credentials().size());
        } else if (reading instanceof Reading.Invalid invalid) {
            String described = describe(invalid.faults());
            fault = described;
            LOG.errorf("routes refused origin=%s kept=%s fault=\"%s\"", origin(), table != null, described);
        }
    }

    private static String describe(List<InvalidValue> faults) {
        String shown = faults.stream()
                .limit(SHOWN)
                .map(each -> each.field() + " " + each.fault() + "; " + each.remedy() + ".")
                .collect(Collectors.joining(" "));
        return faults.size() <= SHOWN ? shown : shown + " And " + (faults.size() - SHOWN) + " more.";
    }
}
