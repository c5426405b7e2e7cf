package io.clawpod.proxy.server;

import io.clawpod.proxy.exchange.Flushes;
import io.clawpod.proxy.exchange.OpenExchanges;
import io.clawpod.proxy.identity.PodWatch;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The agents' port, on every event loop. A server of our own rather than Quarkus', for the strict decoder and for problem
 * documents where a head cannot be read (docs/decisions.md).
 */
@Singleton
public final class AgentServer {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** How long the nodes may take to send calls elsewhere, once the pod is to end. */
    private static final Duration NOTICE = Duration.ofSeconds(5);

    private static final Logger LOG = Logger.getLogger(AgentServer.class);

    private final Vertx vertx;
    private final CallHandler handler;
    private final PodWatch watch;
    private final OpenExchanges open;
    private final Duration idle;
    private final Duration grace;
    private final Duration head;
    private final PeerConnections peers;
    private final String host;
    private final int configuredPort;
    private volatile int port;
    private volatile @Nullable String deployment;

    AgentServer(
            Vertx vertx,
            CallHandler handler,
            PodWatch watch,
            OpenExchanges open,
            @ConfigProperty(name = "clawpod.upstream.idle-timeout") Duration upstreamIdle,
            @ConfigProperty(name = "clawpod.shutdown.grace") Duration grace,
            @ConfigProperty(name = "clawpod.client.head-timeout") Duration head,
            @ConfigProperty(name = "clawpod.client.connections-per-address") int perAddress,
            @ConfigProperty(name = "quarkus.http.host") String host,
            @ConfigProperty(name = "quarkus.http.port") int configuredPort) {
        this.vertx = vertx;
        this.handler = handler;
        this.watch = watch;
        this.open = open;
        // No read and no write for this long ends a connection; an upstream that is silent must be noticed before.
        this.idle = upstreamIdle.multipliedBy(2);
        this.grace = grace;
        this.head = head;
        this.peers = new PeerConnections(perAddress);
        this.host = host;
        this.configuredPort = configuredPort;
    }

    /** The port that is listened on: the configured one, or the one that the system chose for a configured 0. */
    public int port() {
        return port;
    }

    void start(@Observes @Priority(Integer.MAX_VALUE) StartupEvent event) throws Exception {
        watch.onEnd(open::cut);
        int loops = Math.max(1, Runtime.getRuntime().availableProcessors());
        deployment = vertx.deployVerticle(Listener::new, new DeploymentOptions().setInstances(loops))
                .toCompletionStage()
                .toCompletableFuture()
                .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        LOG.infof("listening for agents host=%s port=%d", host, port);
    }

    /**
     * Lets open streams end before the listeners, the watch and the connections go; runs before their own ends do. For the
     * first seconds calls are still taken: the nodes learn only then that this replica is going. From the start each answer
     * ends its connection, so that agents come back on one to another replica.
     */
    void stop(@Observes @Priority(1) ShutdownEvent event) throws Exception {
        String deployed = deployment;
        if (deployed != null) {
            handler.drain();
            Duration notice = grace.compareTo(NOTICE) < 0 ? grace : NOTICE;
            Thread.sleep(notice.toMillis());
            if (!open.awaitNone(grace.minus(notice))) {
                LOG.warnf("streams broken off by the shutdown grace=%s", grace);
            }
            vertx.undeploy(deployed)
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
    }

    private HttpServerOptions options() {
        return new HttpServerOptions()
                .setHost(host)
                // Instances share a port by its number, and -1 is "the same free port for all" where 0 is "one for
                // each".
                .setPort(configuredPort == 0 ? -1 : configuredPort)
                .setHttp2ClearTextEnabled(false)
                .setPerFrameWebSocketCompressionSupported(false)
                .setPerMessageWebSocketCompressionSupported(false)
                .setTcpKeepAlive(true)
                .setIdleTimeout((int) idle.toSeconds());
    }

    private final class Listener extends AbstractVerticle {
        @Override
        public void start(Promise<Void> started) {
            HttpServer server = vertx.createHttpServer(options());
            server.connectionHandler(connection -> {
                if (peers.admit(connection)) {
                    StrictRequestDecoder.install(connection, head);
                    Flushes.consolidate(connection);
                } else {
                    connection.close();
                }
            });
            server.invalidRequestHandler(handler::handleUnreadable);
            server.requestHandler(handler::handle);
            server.listen()
                    .onSuccess(bound -> port = bound.actualPort())
                    .<Void>mapEmpty()
                    .onComplete(started);
        }
    }
}
