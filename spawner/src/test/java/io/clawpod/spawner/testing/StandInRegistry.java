package io.clawpod.spawner.testing;

import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A registry on loopback that has one image, {@code team/agent:1}, and behaves otherwise where a test says so. */
public final class StandInRegistry implements AutoCloseable {
    private final Vertx vertx = Vertx.vertx();
    private final HttpServer server;
    private final SampleImage image = new SampleImage();
    private final Map<String, Handler<HttpServerRequest>> scripts = new ConcurrentHashMap<>();
    private final List<Seen> seen = new CopyOnWriteArrayList<>();

    /** A request that came. */
    public record Seen(String line, @Nullable String authorization) {}

    public StandInRegistry() {
        server = vertx.createHttpServer()
                .requestHandler(this::answer)
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .join();
    }

    private void answer(HttpServerRequest request) {
        seen.add(new Seen(request.method() + " " + request.uri(), request.getHeader("Authorization")));
        Handler<HttpServerRequest> script = scripts.get(request.method() + " " + request.path());
        if (script != null) {
            script.handle(request);
        } else {
            serve(request);
        }
    }

    /** What a registry would answer. */
    public void serve(HttpServerRequest request) {
        String path = request.path();
        String last = path.substring(path.lastIndexOf('/') + 1);
        switch (request.method().name() + " " + path.replaceFirst("[^/]*$", "")) {
            case "GET /v2/team/agent/manifests/" -> manifest(request, last.equals("1") ? image.index() : last);
            case "GET /v2/team/agent/blobs/" -> content(request, image.blobs().get(last));
            case "POST /v2/team/other/blobs/uploads/",
                    "PUT /v2/team/other/manifests/",
                    "PUT /v2/team/agent/manifests/" ->
                request.response().setStatusCode(201).end();
            default -> request.response().setStatusCode(404).end();
        }
    }

    private void manifest(HttpServerRequest request, String digest) {
        request.response()
                .putHeader("Content-Type", digest.equals(image.index()) ? SampleImage.INDEX : SampleImage.MANIFEST)
                .putHeader("Docker-Content-Digest", digest);
        content(request, image.manifests().get(digest));
    }

    private static void content(HttpServerRequest request, byte @Nullable [] content) {
        if (content == null) {
            request.response().setStatusCode(404).end();
        } else {
            request.response().end(Buffer.buffer(content));
        }
    }

    /** @param line method and path */
    public void script(String line, Handler<HttpServerRequest> script) {
        scripts.put(line, script);
    }

    public SampleImage image() {
        return image;
    }

    /** {@code host:port}. */
    public String host() {
        return "127.0.0.1:" + server.actualPort();
    }

    public List<Seen> seen() {
        return List.copyOf(seen);
    }

    public List<String> lines() {
        return seen.stream().map(Seen::line).toList();
    }

    @Override
    public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
