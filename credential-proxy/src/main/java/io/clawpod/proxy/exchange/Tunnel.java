package io.clawpod.proxy.exchange;

import io.clawpod.proxy.audit.Call;
import io.clawpod.proxy.scrub.FrameScrub;
import io.clawpod.proxy.scrub.Patterns;
import io.clawpod.proxy.scrub.Undecodable;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.NetSocket;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A WebSocket (RFC 6455) once both sides have agreed on it, both ways with back-pressure: what the agent sends byte for byte,
 * what the upstream sends scrubbed, if there is anything to look for. Confined to one event loop.
 */
final class Tunnel {
    private static final String EXTENSIONS = "sec-websocket-extensions";

    private final NetSocket up;
    private final @Nullable FrameScrub frames;
    private final Silence silence;
    private final Ends ends;
    private @Nullable NetSocket client;
    private boolean over;

    /** What a tunnel comes to; the first is what counts. */
    interface Ends {
        void upstreamEnded();

        void clientEnded();

        void failed(Throwable cause);
    }

    private Tunnel(NetSocket up, @Nullable FrameScrub frames, Vertx vertx, Duration idle, Ends ends) {
        this.up = up;
        this.frames = frames;
        this.ends = ends;
        this.silence = Silence.within(vertx, idle, () -> ends.failed(new TimeoutException("silent on both sides")));
    }

    /** Whether a client asks for a WebSocket. */
    static boolean asked(HttpServerRequest request) {
        return request.method().equals(HttpMethod.GET) && "websocket".equalsIgnoreCase(request.getHeader("upgrade"));
    }

    /** Puts into a request what asks for a WebSocket; without extensions, of which none can be scrubbed, if that is to be done. */
    static void offer(MultiMap headers, Patterns patterns) {
        upgrade(headers);
        if (!patterns.none()) {
            headers.remove(EXTENSIONS);
        }
    }

    /** @throws Undecodable if the upstream agrees to what was not offered (RFC 6455 section 4.1) */
    static void check(HttpClientResponse answer) throws Undecodable {
        if (answer.headers().contains(EXTENSIONS) && !answer.request().headers().contains(EXTENSIONS)) {
            throw new Undecodable("an extension of WebSocket that was not offered");
        }
    }

    /** Both sides' headers have these, which are hop-by-hop, so were not copied. */
    private static void upgrade(MultiMap headers) {
        headers.set("connection", "Upgrade");
        headers.set("upgrade", "websocket");
    }

    /** Answers the client with 101, whose other headers are set already, and begins to relay. */
    static Tunnel open(
            HttpServerRequest in, NetSocket up, Call call, Vertx vertx, Duration idle, Patterns patterns, Ends ends) {
        up.pause();
        Tunnel tunnel = new Tunnel(up, patterns.none() ? null : patterns.frameScrub(), vertx, idle, ends);
        upgrade(in.response().headers());
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
            tunnel.relay(client, up, null, call::received, ends::clientEnded);
            tunnel.relay(up, client, tunnel.frames, call::sent, tunnel::upstreamEnded);
        });
        return tunnel;
    }

    private void relay(NetSocket from, NetSocket to, @Nullable FrameScrub scrub, LongConsumer counted, Runnable ended) {
        from.exceptionHandler(broken -> end(ended));
        from.closeHandler(closed -> end(ended));
        from.endHandler(end -> end(ended));
        from.handler(chunk -> {
            if (over) {
                return;
            }
            silence.heard();
            Buffer passed = scrub == null ? chunk : Buffer.buffer(chunk.length());
            Undecodable fault = scrub == null ? null : clean(scrub, chunk, passed);
            counted.accept(passed.length());
            to.write(passed);
            if (fault != null) {
                ends.failed(fault);
            } else if (to.writeQueueFull()) {
                from.pause();
                to.drainHandler(drained -> from.resume());
            }
        });
        from.resume();
    }

    /** What is wrong with the frames in {@code chunk}; null if nothing is. Those before it are passed on either way. */
    private static @Nullable Undecodable clean(FrameScrub scrub, Buffer chunk, Buffer passed) {
        try {
            scrub.feed(chunk, passed);
            return null;
        } catch (Undecodable e) {
            return e;
        }
    }

    private void upstreamEnded() {
        if (frames == null || frames.whole()) {
            ends.upstreamEnded();
        } else {
            ends.failed(new IOException("closed within a message"));
        }
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
