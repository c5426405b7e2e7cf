package io.clawpod.proxy.exchange;

import io.clawpod.proxy.audit.Call;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.NetSocket;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A WebSocket (RFC 6455) once both sides have agreed on it: bytes both ways, with back-pressure, so frames, extensions and
 * close codes arrive as they were sent. Confined to one event loop.
 */
final class Tunnel {
    private final NetSocket up;
    private final Silence silence;
    private @Nullable NetSocket client;
    private boolean over;

    /** What a tunnel comes to; the first is what counts. */
    interface Ends {
        void upstreamEnded();

        void clientEnded();

        void failed(Throwable cause);
    }

    private Tunnel(NetSocket up, Vertx vertx, Duration idle, Ends ends) {
        this.up = up;
        this.silence = Silence.within(vertx, idle, () -> ends.failed(new TimeoutException("silent on both sides")));
    }

    /** Whether a client asks for a WebSocket. */
    static boolean asked(HttpServerRequest request) {
        return request.method().equals(HttpMethod.GET) && "websocket".equalsIgnoreCase(request.getHeader("upgrade"));
    }

    /** Puts into a request what asks for a WebSocket and is hop-by-hop, so was not copied. */
    static void ask(MultiMap headers) {
        headers.set("connection", "Upgrade");
        headers.set("upgrade", "websocket");
    }

    /** Answers the client with 101, whose other headers are set already, and begins to relay. */
    static Tunnel open(HttpServerRequest in, NetSocket up, Call call, Vertx vertx, Duration idle, Ends ends) {
        up.pause();
        Tunnel tunnel = new Tunnel(up, vertx, idle, ends);
        ask(in.response().headers());
        in.toNetSocket().onComplete(opened -> {
            if (opened.failed()) {
                ends.failed(opened.cause());
                return;
            }
            NetSocket client = opened.result().pause();
            tunnel.client = client;
            if (tunnel.over) {
                tunnel.close();
                return;
            }
            tunnel.relay(client, up, call::received, ends::clientEnded);
            tunnel.relay(up, client, call::sent, ends::upstreamEnded);
        });
        return tunnel;
    }

    private void relay(NetSocket from, NetSocket to, LongConsumer counted, Runnable ended) {
        from.exceptionHandler(broken -> end(ended));
        from.closeHandler(closed -> end(ended));
        from.endHandler(end -> end(ended));
        from.handler(chunk -> {
            silence.heard();
            counted.accept(chunk.length());
            to.write(chunk);
            if (to.writeQueueFull()) {
                from.pause();
                to.drainHandler(drained -> from.resume());
            }
        });
        from.resume();
    }

    private void end(Runnable ended) {
        if (!over) {
            ended.run();
            close();
        }
    }

    /** Closes both sides, after what was written to them. */
    void close() {
        over = true;
        silence.stop();
        up.close();
        if (client != null) {
            client.close();
        }
    }
}
