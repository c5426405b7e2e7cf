package io.clawpod.spawner.docker.engine;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.docker.DockerRun;
import io.clawpod.spawner.docker.DockerSettings;
import io.clawpod.spawner.session.Archive;
import io.clawpod.spawner.session.Images;
import io.clawpod.spawner.session.Processes;
import io.clawpod.spawner.session.SessionEvent;
import io.clawpod.spawner.session.Sessions;
import io.clawpod.spawner.web.Authentication;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.Startup;
import io.quarkus.tls.CertificateUpdatedEvent;
import io.quarkus.tls.TlsConfiguration;
import io.quarkus.tls.TlsConfigurationRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.Router;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Serves the Docker Engine API where the settings say, from the start on; what cannot be served stops the start. */
@Singleton
@Startup
public class EngineListeners {
    private static final Logger LOG = Logger.getLogger(EngineListeners.class);
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration RETRY = Duration.ofSeconds(1);

    private final Vertx vertx;
    private final Sessions sessions;
    private final EngineEvents events;
    private final @Nullable TlsConfiguration tls;
    private final @Nullable String tlsName;
    private final List<HttpServer> secured = new ArrayList<>();
    private final List<UnixRelay> relays = new ArrayList<>();
    private volatile boolean stopping;

    EngineListeners(
            Vertx vertx,
            EngineSettings settings,
            Sessions sessions,
            Processes processes,
            Images images,
            Authentication authentication,
            ObjectMapper mapper,
            Clock clock,
            TlsConfigurationRegistry certificates,
            DockerSettings docker,
            Optional<Archive> archive,
            @ConfigProperty(name = "quarkus.application.version") String version) {
        this.vertx = vertx;
        this.sessions = sessions;
        Departed departed = new Departed(clock);
        this.events = new EngineEvents(clock, departed);
        List<ListenAddress> addresses = ListenAddress.parse(settings.listen().orElse(List.of()));
        tlsName = settings.tlsConfiguration().orElse(null);
        tls = tlsName == null ? null : tls(certificates, tlsName);
        if (addresses.isEmpty()) {
            return;
        }
        Containers containers = new Containers(sessions, departed);
        Exchanges exchanges = new Exchanges(processes);
        Terminals terminals = new Terminals();
        DockerRun dockerRun = new DockerRun(
                DockerRun.defaultInstall(docker), DockerRun.heartbeat(docker), () -> "run-" + UUID.randomUUID());
        Kept kept = new Kept(archive);
        Engine engine = new Engine(vertx, mapper, authentication);
        Engine.Parts parts = new Engine.Parts(
                new SystemCalls(containers, events, clock, version),
                containers,
                new Lifecycle(sessions, containers, dockerRun, new Signals(exchanges), startTimeout(settings), clock),
                new Attaching(containers, new AgentOutput(sessions, processes), processes, terminals, kept),
                new Execs(containers, exchanges, terminals),
                new Archives(containers, exchanges),
                new Observing(containers, exchanges, clock),
                new Inspecting(sessions, containers, clock, kept),
                new ImageCalls(images, sessions, containers));
        boolean certified = tls != null && tls.getTrustStoreOptions() != null;
        Router untrusted = engine.router(parts, certified);
        Router trusted = engine.router(parts, true);
        addresses.forEach(address -> listen(address, address.isUnix() ? trusted : untrusted));
        follow();
    }

    private static Duration startTimeout(EngineSettings settings) {
        if (settings.startTimeout().compareTo(Duration.ofSeconds(1)) < 0) {
            throw new InvalidValue("clawpod.docker-engine.start-timeout", "is too short", "use at least 1 second");
        }
        return settings.startTimeout();
    }

    private static TlsConfiguration tls(TlsConfigurationRegistry certificates, String name) {
        TlsConfiguration found = certificates
                .get(name)
                .orElseThrow(() -> new InvalidValue(
                        "clawpod.docker-engine.tls-configuration",
                        "names no TLS configuration",
                        "configure quarkus.tls." + name + ".key-store, or leave it out"));
        if (found.getKeyStoreOptions() == null) {
            throw new InvalidValue(
                    "clawpod.docker-engine.tls-configuration",
                    "names a TLS configuration without a key",
                    "configure quarkus.tls." + name + ".key-store");
        }
        return found;
    }

    private void listen(ListenAddress address, Router router) {
        HttpServerOptions options = new HttpServerOptions()
                .setHttp2ClearTextEnabled(false)
                .setUseAlpn(false)
                .setTcpKeepAlive(true)
                .setHandle100ContinueAutomatically(true);
        if (tls != null && !address.isUnix()) {
            options.setSsl(true)
                    .setKeyCertOptions(tls.getKeyStoreOptions())
                    .setEnabledSecureTransportProtocols(tls.getSSLOptions().getEnabledSecureTransportProtocols());
            tls.getSSLOptions().getEnabledCipherSuites().forEach(options::addEnabledCipherSuite);
            if (tls.getTrustStoreOptions() != null) {
                options.setTrustOptions(tls.getTrustStoreOptions()).setClientAuth(ClientAuth.REQUIRED);
            }
        }
        HttpServer server = vertx.createHttpServer(options).connectionHandler(Wire::prepare);
        try {
            if (address.isUnix()) {
                listen(server, address, router);
            } else {
                start(server.requestHandler(router), SocketAddress.inetSocketAddress(address.port(), address.host()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while starting to listen", e);
        } catch (IOException | ExecutionException | TimeoutException e) {
            throw new InvalidValue(
                    "clawpod.docker-engine.listen",
                    "cannot be listened at: " + address,
                    "choose an address that is free and may be used");
        }
        if (options.isSsl()) {
            secured.add(server);
        }
        LOG.infof("docker engine api listening address=%s tls=%s", address, options.isSsl());
    }

    /** Through the relay, and for nobody who comes to its port by another way. */
    private void listen(HttpServer server, ListenAddress address, Router router)
            throws IOException, InterruptedException, ExecutionException, TimeoutException {
        AtomicReference<UnixRelay> relay = new AtomicReference<>();
        server.requestHandler(request -> {
            UnixRelay ours = relay.get();
            if (ours != null && ours.isOurs(request.connection().remoteAddress().port())) {
                router.handle(request);
            } else {
                request.connection().close();
            }
        });
        start(
                server,
                SocketAddress.inetSocketAddress(
                        0, InetAddress.getLoopbackAddress().getHostAddress()));
        address.prepare();
        UnixRelay started = UnixRelay.start(Path.of(address.path()), server.actualPort());
        relays.add(started);
        address.protect();
        relay.set(started);
    }

    private static void start(HttpServer server, SocketAddress where)
            throws InterruptedException, ExecutionException, TimeoutException {
        server.listen(where).toCompletionStage().toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    /** The watch may not stand yet, or may break; then what happened meanwhile comes with the resync. */
    private void follow() {
        if (stopping) {
            return;
        }
        io.smallrye.mutiny.Multi.createFrom()
                .deferred(() -> sessions.watch(null))
                .subscribe()
                .with((SessionEvent event) -> events.take(event), failure -> again(), this::again);
    }

    private void again() {
        vertx.setTimer(RETRY.toMillis(), timer -> follow());
    }

    void reload(@Observes CertificateUpdatedEvent updated) {
        if (updated.name().equals(tlsName)) {
            secured.forEach(
                    server -> server.updateSSLOptions(updated.tlsConfiguration().getSSLOptions())
                            .onFailure(failure -> LOG.warnf("docker engine certificate not reloaded")));
        }
    }

    void stop(@Observes ShutdownEvent event) {
        stopping = true;
        relays.forEach(UnixRelay::close);
    }
}
