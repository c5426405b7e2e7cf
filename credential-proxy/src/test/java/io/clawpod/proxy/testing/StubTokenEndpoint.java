package io.clawpod.proxy.testing;

import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A token endpoint that does what the test says: each request waits until the test answers it. */
public final class StubTokenEndpoint {
    private final Vertx vertx;
    private final HttpServer server;
    private final BlockingQueue<Asked> asked = new LinkedBlockingQueue<>();

    public StubTokenEndpoint(Vertx vertx) {
        this.vertx = vertx;
        this.server = vertx.createHttpServer()
                .requestHandler(request -> request.setExpectMultipart(
                                request.getHeader("content-type").endsWith("form-urlencoded"))
                        .body()
                        .onSuccess(body -> asked.add(new Asked(request, body.toString()))))
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .join();
    }

    public URI uri() {
        return URI.create("http://127.0.0.1:" + server.actualPort() + "/token");
    }

    /** The next request; fails the test if none comes. */
    public Asked next() throws InterruptedException {
        Asked next = asked.poll(10, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("nobody asked for a token");
        }
        return next;
    }

    public boolean nobodyAsked() {
        return asked.isEmpty();
    }

    /** One request for a token. */
    public final class Asked {
        private final HttpServerRequest request;
        private final String body;

        Asked(HttpServerRequest request, String body) {
            this.request = request;
            this.body = body;
        }

        public MultiMap form() {
            return request.formAttributes();
        }

        public String body() {
            return body;
        }

        public void answer(int status, String text) {
            vertx.runOnContext(now -> request.response().setStatusCode(status).end(text));
        }

        /** Answers with the head and the begin of a body that never ends. */
        public void begin(String text) {
            vertx.runOnContext(now -> request.response().setChunked(true).write(text));
        }

        public void token(String access, String refresh, int seconds) {
            answer(
                    200,
                    new JsonObject()
                            .put("access_token", access)
                            .put("token_type", "Bearer")
                            .put("expires_in", seconds)
                            .put("refresh_token", refresh.isEmpty() ? null : refresh)
                            .encode());
        }
    }
}
