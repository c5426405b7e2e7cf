package io.clawpod.spawner.testing;

import io.clawpod.common.client.EventLoopHttpClient;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Function;

/** Stands in for the API server where streams begin: the test decides on each upgrade and on what the stream carries. */
public final class StreamServer implements AutoCloseable {
    /** Of all clients: a test may close its server before it asks in vain. Its threads hold up no end of the tests. */
    private static final Vertx CLIENTS = Vertx.vertx(new VertxOptions().setUseDaemonThread(true));

    private final Vertx vertx = Vertx.vertx();
    private final HttpServer server;
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private volatile Function<HttpServerRequest, Optional<Answer>> upgrade = request -> Optional.empty();
    private volatile Consumer<ServerWebSocket> stream = socket -> {};
    private volatile Consumer<HttpServerRequest> plain =
            request -> request.response().setStatusCode(404).end();

    /** An answer instead of an upgrade. */
    public record Answer(int status, String body) {}

    /** @param protocols the versions it upgrades to; where none is asked for, it upgrades to no version */
    public StreamServer(String... protocols) {
        server = await(vertx.createHttpServer(new HttpServerOptions().setWebSocketSubProtocols(List.of(protocols)))
                .requestHandler(this::decide)
                .listen(0, "127.0.0.1"));
    }

    private static <T> T await(io.vertx.core.Future<T> future) {
        return future.toCompletionStage().toCompletableFuture().join();
    }

    private void decide(HttpServerRequest request) {
        asked.add(request.path());
        if (request.getHeader("Upgrade") == null) {
            plain.accept(request);
            return;
        }
        Optional<Answer> refusal = upgrade.apply(request);
        if (refusal.isPresent()) {
            request.response()
                    .setStatusCode(refusal.get().status())
                    .end(refusal.get().body());
        } else {
            request.toWebSocket().onSuccess(stream::accept);
        }
    }

    /** @param decision an answer, or empty to upgrade */
    public void onUpgrade(Function<HttpServerRequest, Optional<Answer>> decision) {
        upgrade = decision;
    }

    public void onStream(Consumer<ServerWebSocket> script) {
        stream = script;
    }

    /** @param script answers requests that ask for no upgrade, on the server's thread */
    public void onRequest(Consumer<HttpServerRequest> script) {
        plain = script;
    }

    /** The paths of all requests so far. */
    public List<String> asked() {
        return List.copyOf(asked);
    }

    /** A new client; the caller closes it. */
    public KubernetesClient client() {
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl("http://127.0.0.1:" + server.actualPort())
                .withRequestTimeout(10_000)
                .build();
        return new KubernetesClientBuilder()
                .withConfig(config)
                .withHttpClientFactory(new EventLoopHttpClient.Factory(CLIENTS))
                .build();
    }

    @Override
    public void close() {
        await(vertx.close());
    }
}
