package io.clawpod.proxy.exchange;

import io.clawpod.common.ErrorCode;
import io.clawpod.proxy.policy.AddressPolicy;
import io.clawpod.proxy.route.Route;
import io.netty.channel.EventLoop;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.net.PfxOptions;
import io.vertx.core.net.SocketAddress;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The pooled connections to upstreams: HTTP/2 where TLS agrees on it (RFC 7301), else HTTP/1.1. TLS is verified, name
 * included. Thread-safe.
 */
@Singleton
public final class Upstream {
    private static final Logger LOG = Logger.getLogger(Upstream.class);
    private static final int CONNECTIONS = 4096;
    /** Shorter than servers commonly keep idle connections, so that a request seldom meets one just closed. */
    private static final int KEEP_ALIVE_SECONDS = 20;

    private static final int HTTP2_CONNECTIONS = 64;
    private static final int WINDOW = 1024 * 1024;
    private static final int MAX_HEADERS = 64 * 1024;

    /** How many connect timeouts it may take until a request can be sent: one for TCP, one for TLS, one for HTTP/2 to settle. */
    private static final int STEPS = 3;

    private final Vertx vertx;
    private final long usableWithin;
    private final HttpClientOptions http1;
    private final HttpClientOptions http2;

    /**
     * Each event loop has connections of its own, so that a call stays on the one that it came in on: to go over to another
     * thread and back costs more than the call.
     */
    private final Map<EventLoop, Clients> clients = new ConcurrentHashMap<>();

    private record Clients(HttpClient http1, HttpClient http2) {}

    /** The connections that have carried a request before. */
    private final Set<HttpConnection> used = ConcurrentHashMap.newKeySet();

    @Inject
    Upstream(Vertx vertx, @ConfigProperty(name = "clawpod.upstream.connect-timeout") Duration connect) {
        this(vertx, connect, null);
    }

    Upstream(Vertx vertx, Duration connect, @Nullable PfxOptions trusted) {
        this.vertx = vertx;
        this.usableWithin = connect.toMillis() * STEPS;
        this.http1 = options(connect, trusted).setProtocolVersion(HttpVersion.HTTP_1_1);
        this.http2 = options(connect, trusted)
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setUseAlpn(true)
                .setHttp2ClearTextUpgrade(false)
                .setHttp2MaxPoolSize(HTTP2_CONNECTIONS)
                .setHttp2KeepAliveTimeout(KEEP_ALIVE_SECONDS)
                .setHttp2ConnectionWindowSize(WINDOW)
                .setInitialSettings(new Http2Settings().setMaxHeaderListSize(MAX_HEADERS));
    }

    private static HttpClientOptions options(Duration connect, @Nullable PfxOptions trusted) {
        HttpClientOptions options = new HttpClientOptions()
                .setConnectTimeout((int) connect.toMillis())
                .setKeepAlive(true)
                .setKeepAliveTimeout(KEEP_ALIVE_SECONDS)
                .setMaxPoolSize(CONNECTIONS)
                .setMaxHeaderSize(MAX_HEADERS)
                .setTcpKeepAlive(true)
                .setVerifyHost(true);
        if (trusted != null) {
            options.setTrustOptions(trusted);
        }
        return options;
    }

    /** Why no request was made. */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1;

        Refused(String message) {
            super(message);
        }

        ErrorCode code() {
            return ErrorCode.UPSTREAM_REFUSED;
        }
    }

    /**
     * A request of which nothing is sent yet.
     *
     * @param reused whether its connection has carried a request before, so that it may have been closed in the meantime
     */
    record Ready(HttpClientRequest request, boolean reused) {}

    /**
     * Connects and prepares a request. The address policy is asked about the peer of this very connection, so a name cannot
     * resolve to one address for the check and to another for the request.
     *
     * @param upgrades whether the request asks for another protocol, which only HTTP/1.1 can
     */
    Future<Ready> request(Route route, String method, String target, boolean upgrades) {
        Clients own = clients.computeIfAbsent(
                ((ContextInternal) vertx.getOrCreateContext()).nettyEventLoop(),
                loop -> new Clients(vertx.createHttpClient(http1), vertx.createHttpClient(http2)));
        HttpClient client = route.tls() && !upgrades ? own.http2() : own.http1();
        return client.request(new RequestOptions()
                        .setSsl(route.tls())
                        .setHost(route.host())
                        .setPort(route.port())
                        .setMethod(HttpMethod.valueOf(method))
                        .setURI(route.target(target))
                        .setConnectTimeout(usableWithin)
                        .setFollowRedirects(false))
                .compose(request -> {
                    HttpConnection connection = request.connection();
                    String objection = objection(route, connection.remoteAddress());
                    if (objection == null) {
                        return Future.succeededFuture(new Ready(request, reused(connection)));
                    }
                    request.exceptionHandler(reset -> {});
                    request.reset();
                    connection.close();
                    return Future.failedFuture(new Refused(objection));
                });
    }

    private boolean reused(HttpConnection connection) {
        boolean first = used.add(connection);
        if (first) {
            Flushes.consolidate(connection);
            connection.closeHandler(closed -> used.remove(connection));
            // The exchange on it hears of this as well, and says so in one line with the call's id.
            connection.exceptionHandler(cause -> LOG.debugf("upstream connection failed cause=%s", cause));
        }
        return !first;
    }

    private static @Nullable String objection(Route route, @Nullable SocketAddress peer) {
        return new AddressPolicy(route.allowPrivate()).objectionTo(peer == null ? null : peer.hostAddress());
    }
}
