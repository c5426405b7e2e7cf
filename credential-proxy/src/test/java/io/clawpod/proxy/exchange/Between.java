package io.clawpod.proxy.exchange;

import io.clawpod.common.SecretText;
import io.clawpod.proxy.audit.Call;
import io.clawpod.proxy.audit.Trails;
import io.clawpod.proxy.credential.Credential;
import io.clawpod.proxy.policy.PathPattern;
import io.clawpod.proxy.policy.Policies;
import io.clawpod.proxy.policy.TokenPaths;
import io.clawpod.proxy.route.Endpoint;
import io.clawpod.proxy.route.Limits;
import io.clawpod.proxy.route.Route;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PfxOptions;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A server that hands every request to an exchange: the proxy without identity, policy and configuration. */
final class Between implements AutoCloseable {
    static final String KEY = "sk-ant-api03-the/real+one-0123456789";

    private final Vertx vertx = Vertx.vertx();
    private final BlockingQueue<Call> ended = new LinkedBlockingQueue<>();
    final Set<Exchange> open = ConcurrentHashMap.newKeySet();
    private final int port;

    static Limits limits(long bodyBytes, Duration firstByte, Duration idle) {
        return new Limits(bodyBytes, 0, 0, firstByte, idle);
    }

    Between(int upstreamPort) {
        this(upstreamPort, Limits.DEFAULT);
    }

    Between(int upstreamPort, Limits limits) {
        this(upstreamPort, limits, null);
    }

    /** Without a credential, so with nothing to scrub. */
    static Between withoutCredential(int upstreamPort) {
        return new Between(upstreamPort, Limits.DEFAULT, null, new Credential.None());
    }

    Between(int upstreamPort, Limits limits, @Nullable PfxOptions trusted) {
        this(
                upstreamPort,
                limits,
                trusted,
                new Credential.Header("anthropic", "x-api-key", SecretText.of(KEY), List.of(SecretText.of(KEY))));
    }

    private Between(int upstreamPort, Limits limits, @Nullable PfxOptions trusted, Credential credential) {
        Upstream upstream = new Upstream(vertx, Duration.ofSeconds(5), trusted);
        String host = trusted == null ? "127.0.0.1" : "localhost";
        Route route = new Route(
                "test",
                "/",
                true,
                new Endpoint(trusted != null, host, upstreamPort, "upstream.example", ""),
                true,
                "anthropic",
                true,
                new Policies(List.of()),
                limits,
                TokenPaths.of(List.of(PathPattern.of("/api/oauth.v2.access"))));
        Patience patience = new Patience(Duration.ofMinutes(1), Duration.ofSeconds(1));
        KnownPatterns patterns = new KnownPatterns();
        HttpServer server = vertx.createHttpServer(
                new HttpServerOptions().setHost("127.0.0.1").setPort(0));
        server.requestHandler(request -> {
            Call call = Trails.forgetful().begin(request.method().name(), request.path(), List.of());
            Exchange[] made = new Exchange[1];
            made[0] = new Exchange(request.pause(), vertx.getOrCreateContext(), call, () -> {
                open.remove(made[0]);
                ended.add(call);
            });
            open.add(made[0]);
            made[0].begin(new Means(upstream, route, credential, () -> {}, patterns.of(credential), patience));
        });
        port = server.listen().toCompletionStage().toCompletableFuture().join().actualPort();
    }

    int port() {
        return port;
    }

    /** The audit line of the next call that ends. */
    String line() throws InterruptedException {
        Call call = ended.poll(10, TimeUnit.SECONDS);
        if (call == null) {
            throw new AssertionError("no call ended");
        }
        return Trails.line(call);
    }

    @Override
    public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
