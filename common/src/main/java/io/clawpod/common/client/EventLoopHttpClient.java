package io.clawpod.common.client;

import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.http.StandardHttpClient;
import io.fabric8.kubernetes.client.http.StandardHttpClientBuilder;
import io.fabric8.kubernetes.client.http.StandardHttpRequest;
import io.fabric8.kubernetes.client.http.StandardWebSocketBuilder;
import io.fabric8.kubernetes.client.http.WebSocket;
import io.fabric8.kubernetes.client.http.WebSocketResponse;
import io.fabric8.kubernetes.client.utils.HttpClientUtils;
import io.fabric8.kubernetes.client.vertx.VertxHttpClientBuilder;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * fabric8's HTTP client for Vert.x, but each WebSocket is opened on an event loop, whatever thread asks, and the time of an
 * answer's body is bounded too.
 *
 * <p>The client sets its message handler only when {@code webSocket()} has returned to its thread. Vert.x lets the frames go
 * as soon as the handshake is through, on the connection's own thread. If the asking thread loses its CPU between the two,
 * the first events of a watch reach nobody: the watch looks alive, and a pod's end was never told. An informer asks from a
 * thread of its pool each time it watches again, so this would come up every few minutes. On the event loop itself nothing can
 * come between.
 *
 * <p>A request's timeout is over with the head of its answer. A connection that goes silent after that would be waited for
 * without end, by an informer's list as by a thread. So the body has to be whole within {@link #BODY} times the timeout; a request
 * without a timeout, or for streaming, has no such bound.
 *
 * <p>Thread-safe.
 *
 * @see <a href="https://vertx.io/docs/4.5.x/vertx-core/java/#_websockets_on_the_client">WebSockets on the client</a>
 */
public final class EventLoopHttpClient
        extends StandardHttpClient<EventLoopHttpClient, EventLoopHttpClient.Factory, EventLoopHttpClient.Builder> {
    /** How many timeouts the body may take, which for a long list is more than the head. */
    static final int BODY = 3;

    private final StandardHttpClient<?, ?, ?> transport;
    private final Vertx vertx;

    private EventLoopHttpClient(
            Builder builder, AtomicBoolean closed, StandardHttpClient<?, ?, ?> transport, Vertx vertx) {
        super(builder, closed);
        this.transport = transport;
        this.vertx = vertx;
    }

    @Override
    public CompletableFuture<WebSocketResponse> buildWebSocketDirect(
            StandardWebSocketBuilder request, WebSocket.Listener listener) {
        Context loop = vertx.getOrCreateContext();
        return CompletableFuture.completedFuture(request)
                .thenComposeAsync(
                        asked -> transport.buildWebSocketDirect(asked, listener),
                        task -> loop.runOnContext(onLoop -> task.run()));
    }

    @Override
    public CompletableFuture<HttpResponse<AsyncBody>> consumeBytesDirect(
            StandardHttpRequest request, AsyncBody.Consumer<List<ByteBuffer>> consumer) {
        CompletableFuture<HttpResponse<AsyncBody>> answer = transport.consumeBytesDirect(request, consumer);
        Duration timeout = request.getTimeout();
        return timeout == null || timeout.isZero() || request.isForStreaming()
                ? answer
                : answer.thenApply(head -> bounded(head, timeout.multipliedBy(BODY)));
    }

    private HttpResponse<AsyncBody> bounded(HttpResponse<AsyncBody> head, Duration atMost) {
        AsyncBody body = head.body();
        CompletableFuture<Void> done = body.done();
        long timer = vertx.setTimer(atMost.toMillis(), late -> {
            done.completeExceptionally(new IOException("the answer's body did not end within " + atMost));
            body.cancel();
        });
        var unused = done.whenComplete((ended, fault) -> vertx.cancelTimer(timer));
        return head;
    }

    @Override
    protected void doClose() {
        transport.close();
    }

    /** Makes the clients of one Vert.x, which it leaves open. */
    public static final class Factory implements HttpClient.Factory {
        private final Vertx vertx;

        public Factory(Vertx vertx) {
            this.vertx = vertx;
        }

        @Override
        public Builder newBuilder() {
            return new Builder(this);
        }
    }

    /** Hands all that it was told on to the transport's own builder; the interceptors stay here. */
    public static final class Builder extends StandardHttpClientBuilder<EventLoopHttpClient, Factory, Builder> {
        private Builder(Factory factory) {
            super(factory);
        }

        @Override
        public EventLoopHttpClient build() {
            @Nullable EventLoopHttpClient origin = client;
            if (origin != null) {
                return new EventLoopHttpClient(this, origin.getClosed(), origin.transport, origin.vertx);
            }
            Vertx vertx = clientFactory.vertx;
            return new EventLoopHttpClient(this, new AtomicBoolean(), transport(vertx), vertx);
        }

        private StandardHttpClient<?, ?, ?> transport(Vertx vertx) {
            VertxHttpClientBuilder<Factory> told = new VertxHttpClientBuilder<>(clientFactory, vertx);
            if (connectTimeout != null) {
                told.connectTimeout(connectTimeout.toMillis(), TimeUnit.MILLISECONDS);
            }
            if (sslContext != null) {
                told.sslContext(keyManagers, trustManagers);
            }
            if (tlsVersions != null) {
                told.tlsVersions(tlsVersions);
            }
            if (followRedirects) {
                told.followAllRedirects();
            }
            if (preferHttp11) {
                told.preferHttp11();
            }
            told.proxyType(proxyType).proxyAddress(proxyAddress).proxyAuthorization(proxyAuthorization);
            if (proxyAddress != null && HttpClientUtils.decodeBasicCredentials(proxyAuthorization) == null) {
                addProxyAuthInterceptor();
            }
            return told.build();
        }

        @Override
        protected Builder newInstance(Factory factory) {
            return new Builder(factory);
        }
    }
}
