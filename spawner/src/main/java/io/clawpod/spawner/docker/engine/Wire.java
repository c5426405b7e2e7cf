package io.clawpod.spawner.docker.engine;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.util.AttributeKey;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.core.streams.WriteStream;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a request that Docker's clients take over after its head (Docker Engine API, ContainerAttach, "Hijacking"), or
 * of a plain answer for those that only read. All is done on the connection's event loop.
 */
final class Wire {
    private static final AttributeKey<Boolean> TAKEN_OVER = AttributeKey.valueOf(Wire.class, "takenOver");

    private final Context loop;
    private final WriteStream<Buffer> out;
    private final @Nullable NetSocket socket;

    private Wire(Context loop, WriteStream<Buffer> out, @Nullable NetSocket socket) {
        this.loop = loop;
        this.out = out;
        this.socket = socket;
    }

    /**
     * Docker upgrades POST requests, and Vert.x only those with GET (RFC 9110 section 7.8 allows any method). Seen before
     * Vert.x does, such a request is one with GET. And the docker command line closes its half of the connection as soon as it
     * has nothing more to send, which must not close the other half.
     */
    static void prepare(HttpConnection connection) {
        Channel channel = ((ConnectionBase) connection).channel();
        channel.pipeline().addAfter("httpDecoder", "docker-upgrade", new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                if (message instanceof HttpRequest request
                        && HttpMethod.POST.equals(request.method())
                        && "tcp".equalsIgnoreCase(request.headers().get("Upgrade"))) {
                    request.setMethod(HttpMethod.GET);
                }
                context.fireChannelRead(message);
            }
        });
        channel.pipeline().addBefore("handler", "docker-half-close", new ChannelInboundHandlerAdapter() {
            @Override
            public void userEventTriggered(ChannelHandlerContext context, Object event) {
                boolean ended = event == ChannelInputShutdownEvent.INSTANCE || event instanceof SslCloseCompletionEvent;
                if (ended
                        && Boolean.TRUE.equals(
                                context.channel().attr(TAKEN_OVER).get())) {
                    // In the place where it stood: what came before may still wait for its reader.
                    context.fireChannelRead(Unpooled.EMPTY_BUFFER);
                    context.fireChannelReadComplete();
                } else {
                    context.fireUserEventTriggered(event);
                }
            }
        });
    }

    /** Takes the connection over, or begins a plain answer if the client has not asked for that. */
    static Uni<Wire> open(HttpServerRequest request, String contentType) {
        Context loop = Vertx.currentContext();
        HttpServerResponse response = request.response();
        response.putHeader("Content-Type", contentType);
        if (!"tcp".equalsIgnoreCase(request.getHeader("Upgrade"))) {
            response.setChunked(true);
            // The head has to go out now, before there is anything to say.
            response.write(Buffer.buffer());
            return Uni.createFrom().item(new Wire(loop, response, null));
        }
        Channel channel = ((ConnectionBase) request.connection()).channel();
        channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        channel.attr(TAKEN_OVER).set(true);
        response.putHeader("Connection", "Upgrade").putHeader("Upgrade", "tcp");
        return Uni.createFrom()
                .completionStage(request.toNetSocket()
                        .map(socket -> {
                            // Nothing is read before somebody wants it.
                            socket.pause();
                            return new Wire(loop, socket, socket);
                        })
                        .toCompletionStage());
    }

    WriteStream<Buffer> out() {
        return out;
    }

    Context loop() {
        return loop;
    }

    /**
     * Begins to read what the client sends.
     *
     * @param ended runs once, when the client has nothing more to send
     */
    void read(Handler<Buffer> input, Runnable ended) {
        loop.runOnContext(begin -> {
            if (socket == null) {
                ended.run();
                return;
            }
            Runnable[] once = {ended};
            Runnable end = () -> {
                Runnable first = once[0];
                once[0] = () -> {};
                first.run();
            };
            socket.handler(bytes -> {
                if (bytes.length() == 0) {
                    end.run();
                } else {
                    input.handle(bytes);
                }
            });
            socket.endHandler(nothing -> end.run());
            socket.resume();
        });
    }

    void pause() {
        if (socket != null) {
            socket.pause();
        }
    }

    void resume() {
        loop.runOnContext(go -> {
            if (socket != null) {
                socket.resume();
            }
        });
    }

    /** Runs when the connection is closed, whoever did it. */
    void onClose(Runnable closed) {
        if (socket != null) {
            socket.closeHandler(nothing -> closed.run());
            socket.exceptionHandler(failure -> closed.run());
        } else {
            HttpServerResponse response = (HttpServerResponse) out;
            response.closeHandler(nothing -> closed.run());
            response.exceptionHandler(failure -> closed.run());
        }
    }

    /** Ends what goes to the client, after all that was written. */
    void end() {
        loop.runOnContext(go -> {
            if (socket != null) {
                socket.close();
            } else {
                HttpServerResponse response = (HttpServerResponse) out;
                if (!response.ended() && !response.closed()) {
                    response.end();
                }
            }
        });
    }

    /** Breaks off, so that the client sees that something is missing. */
    void abort() {
        loop.runOnContext(go -> {
            if (socket != null) {
                socket.close();
            } else {
                ((HttpServerResponse) out).reset();
            }
        });
    }
}
