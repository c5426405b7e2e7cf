package io.clawpod.proxy.exchange;

import io.clawpod.common.ErrorCode;
import io.clawpod.proxy.policy.AddressPolicy;
import io.clawpod.proxy.route.Route;
import io.netty.util.NetUtil;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/** The pooled HTTP/1.1 connections to upstreams. TLS is verified, name included. Thread-safe. */
@Singleton
public final class Upstream {
    private static final int CONNECTIONS = 4096;
    /** Shorter than servers commonly keep idle connections, so that a request seldom meets one just closed. */
    private static final int KEEP_ALIVE_SECONDS = 20;

    private final HttpClient client;
    private final AddressPolicy addresses;
    private final Duration idle;

    Upstream(
            Vertx vertx,
            @ConfigProperty(name = "clawpod.upstream.allow-private") boolean allowPrivate,
            @ConfigProperty(name = "clawpod.upstream.connect-timeout") Duration connect,
            @ConfigProperty(name = "clawpod.upstream.idle-timeout") Duration idle) {
        this.client = vertx.createHttpClient(new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_1_1)
                .setConnectTimeout((int) connect.toMillis())
                .setKeepAlive(true)
                .setKeepAliveTimeout(KEEP_ALIVE_SECONDS)
                .setMaxPoolSize(CONNECTIONS)
                .setMaxHeaderSize(64 * 1024)
                .setTcpKeepAlive(true)
                .setVerifyHost(true));
        this.addresses = new AddressPolicy(allowPrivate);
        this.idle = idle;
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
     * Connects and prepares a request, of which nothing is sent yet. The address policy is asked about the peer of this very
     * connection, so a name cannot resolve to one address for the check and to another for the request.
     */
    Future<HttpClientRequest> request(Route route, String method, String target) {
        return client.request(new RequestOptions()
                        .setSsl(route.tls())
                        .setHost(route.host())
                        .setPort(route.port())
                        .setMethod(HttpMethod.valueOf(method))
                        .setURI(route.target(target))
                        .setFollowRedirects(false)
                        .setIdleTimeout(idle.toMillis()))
                .compose(request -> {
                    String objection = objection(request.connection().remoteAddress());
                    if (objection == null) {
                        return Future.succeededFuture(request);
                    }
                    request.exceptionHandler(reset -> {});
                    request.reset();
                    request.connection().close();
                    return Future.failedFuture(new Refused(objection));
                });
    }

    private @Nullable String objection(@Nullable SocketAddress peer) {
        String literal = peer == null ? null : peer.hostAddress();
        byte[] bytes = literal == null ? null : NetUtil.createByteArrayFromIpAddressString(literal);
        if (bytes == null) {
            return "unknown";
        }
        try {
            return addresses.objection(InetAddress.getByAddress(bytes));
        } catch (UnknownHostException e) {
            return "unknown";
        }
    }
}
