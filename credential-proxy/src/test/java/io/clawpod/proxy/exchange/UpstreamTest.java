package io.clawpod.proxy.exchange;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.ErrorCode;
import io.clawpod.proxy.policy.Policies;
import io.clawpod.proxy.policy.TokenPaths;
import io.clawpod.proxy.route.Endpoint;
import io.clawpod.proxy.route.Limits;
import io.clawpod.proxy.route.Route;
import io.clawpod.proxy.testing.StubUpstream;
import io.clawpod.proxy.testing.TlsUpstream;
import io.netty.channel.ConnectTimeoutException;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClosedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class UpstreamTest {
    private final Vertx vertx = Vertx.vertx();

    @AfterEach
    void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private Throwable failure(boolean allowPrivate, boolean tls, String host, int port) {
        return failure(new Upstream(vertx, Duration.ofSeconds(5)), allowPrivate, tls, host, port);
    }

    private static Throwable failure(Upstream upstream, boolean allowPrivate, boolean tls, String host, int port) {
        Route route = new Route(
                "test",
                "/",
                true,
                new Endpoint(tls, host, port, host, ""),
                allowPrivate,
                null,
                false,
                new Policies(List.of()),
                Limits.DEFAULT,
                TokenPaths.KNOWN);
        var request = upstream.request(route, "GET", "/", false)
                .compose(each -> each.request().send())
                .toCompletionStage()
                .toCompletableFuture();
        Throwable cause = assertThrows(CompletionException.class, request::join).getCause();
        return java.util.Objects.requireNonNull(cause);
    }

    @Test
    void aNameThatLeadsToAPrivateAddressIsRefusedBeforeAnythingIsSent() {
        StubUpstream stub = new StubUpstream(vertx);
        Throwable cause = failure(false, false, "localhost", stub.port());
        assertEquals(ErrorCode.UPSTREAM_REFUSED, UpstreamFault.of(cause).code());
        assertTrue(UpstreamFault.of(cause).detail().contains("loopback"));
        assertTrue(stub.nothingSeen());
    }

    @Test
    void anUpstreamWithoutTrustedTlsIsNotSpokenTo() {
        StubUpstream stub = new StubUpstream(vertx);
        assertInstanceOf(javax.net.ssl.SSLException.class, failure(true, true, "localhost", stub.port()));
        assertTrue(stub.nothingSeen());
    }

    @Test
    @Timeout(60)
    void anUpstreamThatAgreesOnHttp2AndSaysNothingIsGivenUp() throws Exception {
        try (TlsUpstream tls = new TlsUpstream(true, request -> {});
                SSLServerSocket silent = (SSLServerSocket) tls.context()
                        .getServerSocketFactory()
                        .createServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
            SSLParameters parameters = silent.getSSLParameters();
            parameters.setApplicationProtocols(new String[] {"h2"});
            silent.setSSLParameters(parameters);
            CompletableFuture<SSLSocket> accepted = CompletableFuture.supplyAsync(() -> shaken(silent));
            Throwable cause = failure(
                    new Upstream(vertx, Duration.ofMillis(500), tls.trusted()),
                    true,
                    true,
                    "localhost",
                    silent.getLocalPort());
            assertEquals(ErrorCode.UPSTREAM_TIMEOUT, UpstreamFault.of(cause).code());
            accepted.join().close();
        }
    }

    private static SSLSocket shaken(SSLServerSocket server) {
        try {
            SSLSocket socket = (SSLSocket) server.accept();
            socket.startHandshake();
            return socket;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void eachFaultHasItsCode() {
        assertEquals(
                ErrorCode.UPSTREAM_TIMEOUT,
                UpstreamFault.of(new TimeoutException("secret")).code());
        assertEquals(
                ErrorCode.UPSTREAM_TIMEOUT,
                UpstreamFault.of(new ConnectTimeoutException("x")).code());
        assertEquals(
                ErrorCode.UPSTREAM_UNREACHABLE,
                UpstreamFault.of(new ConnectException("x")).code());
        assertEquals(
                ErrorCode.UPSTREAM_UNREACHABLE,
                UpstreamFault.of(new UnknownHostException("x")).code());
        assertEquals(
                ErrorCode.UPSTREAM_UNREACHABLE,
                UpstreamFault.of(new SSLHandshakeException("x")).code());
        assertEquals(
                ErrorCode.UPSTREAM_FAILED,
                UpstreamFault.of(new HttpClosedException("x")).code());
        assertTrue(!UpstreamFault.of(new TimeoutException("secret")).detail().contains("secret"));
    }
}
