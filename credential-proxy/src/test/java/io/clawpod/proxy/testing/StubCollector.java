package io.clawpod.proxy.testing;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** An OpenTelemetry collector that keeps what it is sent (OTLP over HTTP, in Protobuf); switches the proxy's traces on. */
public final class StubCollector implements QuarkusTestResourceLifecycleManager {
    private static final int OF_RESOURCE = 1;

    private static volatile @Nullable StubCollector current;

    private final Vertx vertx = Vertx.vertx();
    private final List<ReportedSpan> spans = new CopyOnWriteArrayList<>();
    private final List<String> heads = new CopyOnWriteArrayList<>();
    private final List<String> bodies = new CopyOnWriteArrayList<>();
    private @Nullable HttpServer server;
    private int port;

    public static StubCollector current() {
        return Objects.requireNonNull(current, "not started");
    }

    @Override
    public Map<String, String> start() {
        current = this;
        listen();
        return Map.of(
                "quarkus.otel.sdk.disabled", "false",
                "quarkus.otel.bsp.schedule.delay", "PT0.05S",
                "quarkus.otel.exporter.otlp.endpoint", "http://127.0.0.1:" + port);
    }

    /** Listens where it listened before. */
    public void listen() {
        HttpServer listening = vertx.createHttpServer()
                .requestHandler(this::take)
                .listen(port, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .join();
        port = listening.actualPort();
        server = listening;
    }

    /** Is not there any more. */
    public void close() {
        Objects.requireNonNull(server, "not started")
                .close()
                .toCompletionStage()
                .toCompletableFuture()
                .join();
    }

    @Override
    public void stop() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private void take(HttpServerRequest request) {
        heads.add(request.method() + " " + request.uri() + " " + request.headers());
        request.body().onSuccess(body -> {
            bodies.add(body.toString(StandardCharsets.ISO_8859_1));
            read(body.getBytes());
            request.response()
                    .putHeader("content-type", "application/x-protobuf")
                    .end();
        });
    }

    private void read(byte[] body) {
        try {
            for (UnknownFieldSet ofResource : ReportedSpan.messages(UnknownFieldSet.parseFrom(body), OF_RESOURCE)) {
                spans.addAll(ReportedSpan.read(ofResource));
            }
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The spans since {@link #forget()}, once there are so many; the test fails if they do not come. */
    public List<ReportedSpan> await(int count) {
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> spans.size() >= count);
        return List.copyOf(spans);
    }

    public void forget() {
        spans.clear();
    }

    /** Each request's line and headers. */
    public List<String> heads() {
        return heads;
    }

    /** All bytes of all bodies, each as one character. */
    public String bytes() {
        return String.join("", bodies);
    }
}
