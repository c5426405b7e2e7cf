package io.clawpod.proxy.testing;

import io.clawpod.common.SigningKey;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Starts what the proxy talks to, besides the Kubernetes API, and points its configuration there. */
public final class Surroundings implements QuarkusTestResourceLifecycleManager {
    /** What the credential folder holds at the start. */
    public static final String REAL_KEY = "sk-ant-real-0123456789";

    // Quarkus makes the resource and the test in two places; what they share is static for that reason.
    private static volatile @Nullable Surroundings current;

    private final Vertx vertx = Vertx.vertx();
    private final StubUpstream upstream = new StubUpstream(vertx);
    private final StubTokenEndpoint tokens = new StubTokenEndpoint(vertx);
    private final List<SigningKey> published = new CopyOnWriteArrayList<>(List.of(SigningKey.generate()));
    private final Path folder = makeFolder();
    private @Nullable Path routesFile;

    public static Surroundings current() {
        return Objects.requireNonNull(current, "not started");
    }

    public StubUpstream upstream() {
        return upstream;
    }

    /** Where the credential {@code login} is refreshed. */
    public StubTokenEndpoint tokens() {
        return tokens;
    }

    public SigningKey key() {
        return published.get(published.size() - 1);
    }

    public Path credentialFolder() {
        return folder;
    }

    /** Adds a key to the set, which is then the one to sign with. */
    public void rotate() {
        published.add(SigningKey.generate());
    }

    private static Path makeFolder() {
        try {
            Path made = Files.createTempDirectory("credential");
            Files.writeString(made.resolve("api-key"), REAL_KEY + "\n");
            Path login = Files.createDirectory(made.resolve("login"));
            Files.writeString(login.resolve("access-token"), "access-1");
            Files.writeString(login.resolve("refresh-token"), "refresh-1");
            return made;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The file that the proxy reads its routes from. */
    public Path routesFile() {
        return Objects.requireNonNull(routesFile, "not started");
    }

    private Path makeRoutes() {
        try (InputStream in =
                Objects.requireNonNull(Surroundings.class.getResourceAsStream("/routes/surroundings.yaml"))) {
            Path made = Files.createTempDirectory("routes").resolve("routes.yaml");
            Files.writeString(
                    made,
                    new String(in.readAllBytes(), StandardCharsets.UTF_8)
                            .replace("PORT", Integer.toString(upstream.port()))
                            .replace("TOKENS", tokens.uri().toString())
                            .replace("FOLDER", folder.toString()));
            routesFile = made;
            return made;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Map<String, String> start() {
        current = this;
        HttpServer jwks = vertx.createHttpServer()
                .requestHandler(request -> {
                    JsonArray keys = new JsonArray();
                    published.forEach(key -> keys.add(new JsonObject(key.publicJwk())));
                    request.response().end(new JsonObject().put("keys", keys).encode());
                })
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .join();
        return Map.ofEntries(
                Map.entry("clawpod.shutdown.grace", "PT0S"),
                Map.entry("clawpod.client.head-timeout", "PT3S"),
                Map.entry("clawpod.client.body-timeout", "PT3S"),
                Map.entry("quarkus.http.port", "0"),
                Map.entry("quarkus.management.test-port", "0"),
                Map.entry(
                        "clawpod.identity.jwks-url",
                        "http://127.0.0.1:" + jwks.actualPort() + "/.well-known/jwks.json"),
                Map.entry("clawpod.routes.file", makeRoutes().toString()));
    }

    @Override
    public void stop() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
