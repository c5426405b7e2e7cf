package io.clawpod.proxy.testing;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** An upstream that does what the test says: each request waits in a queue until the test answers it. */
public final class StubUpstream {
    private final Vertx vertx;
    private final BlockingQueue<Seen> seen = new LinkedBlockingQueue<>();
    private HttpServer server;

    public StubUpstream(Vertx vertx) {
        this.vertx = vertx;
        this.server = listen(0);
    }

    public int port() {
        return server.actualPort();
    }

    private HttpServer listen(int port) {
        HttpServer listening = vertx.createHttpServer(
                new HttpServerOptions().setHost("127.0.0.1").setPort(port));
        listening.requestHandler(request -> seen.add(new Seen(request.pause())));
        return listening.listen().toCompletionStage().toCompletableFuture().join();
    }

    public void stop() {
        server.close().toCompletionStage().toCompletableFuture().join();
    }

    /** Listens again where it listened before. */
    public void restart() {
        server = listen(server.actualPort());
    }

    /** The next request; fails the test if none comes. */
    public Seen next() throws InterruptedException {
        Seen next = seen.poll(10, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("no request reached the upstream");
        }
        return next;
    }

    public boolean nothingSeen() {
        return seen.isEmpty();
    }

    public void forget() {
        seen.clear();
    }

    /** One request as the upstream has it. */
    public final class Seen {
        private final HttpServerRequest request;
        private final CompletableFuture<Buffer> body = new CompletableFuture<>();
        private final CompletableFuture<Void> gone = new CompletableFuture<>();

        Seen(HttpServerRequest request) {
            this.request = request;
            request.response().closeHandler(closed -> gone.complete(null));
            request.exceptionHandler(gone::completeExceptionally);
        }

        public HttpServerRequest request() {
            return request;
        }

        public String header(String name) {
            return String.join("|", request.headers().getAll(name));
        }

        /** Does something on the request's event loop, and waits for it. */
        public Seen act(Consumer<HttpServerRequest> action) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            vertx.runOnContext(now -> {
                try {
                    action.accept(request);
                    done.complete(null);
                } catch (RuntimeException e) {
                    done.completeExceptionally(e);
                }
            });
            done.join();
            return this;
        }

        /** Reads the whole body. */
        public Buffer body() throws Exception {
            act(r -> r.body().onComplete(read -> {
                if (read.succeeded()) {
                    body.complete(read.result());
                } else {
                    body.completeExceptionally(read.cause());
                }
            }));
            act(HttpServerRequest::resume);
            return body.get(60, TimeUnit.SECONDS);
        }

        public Seen head(int status, String contentType) {
            return act(r -> {
                r.response()
                        .setStatusCode(status)
                        .putHeader("content-type", contentType)
                        .setChunked(true);
                r.response().writeHead();
            });
        }

        public Seen event(String data) {
            return act(r -> r.response().write("data: " + data + "\n\n"));
        }

        /** Answers with {@code chunk} so many times, as fast as the other end takes it; counts what it has written. */
        public void stream(byte[] chunk, int times, AtomicLong written) {
            act(r -> {
                r.response().putHeader("content-length", Long.toString((long) chunk.length * times));
                more(Buffer.buffer(chunk), (long) chunk.length * times, written);
            });
        }

        private void more(Buffer chunk, long total, AtomicLong written) {
            while (written.get() < total) {
                if (request.response().writeQueueFull()) {
                    request.response().drainHandler(drained -> more(chunk, total, written));
                    return;
                }
                request.response().write(chunk);
                written.addAndGet(chunk.length());
            }
            request.response().end();
        }

        public void end() {
            act(r -> r.response().end());
        }

        public void answer(int status, String text) {
            act(r -> r.response().setStatusCode(status).end(text));
        }

        /** Breaks the connection off. */
        public void die() {
            act(r -> r.connection().close());
        }

        /** Completes when the other end has closed or broken the connection. */
        public void awaitGone() throws Exception {
            try {
                gone.get(10, TimeUnit.SECONDS);
            } catch (java.util.concurrent.ExecutionException e) {
                // Gone with an error is gone as well.
            }
        }
    }
}
