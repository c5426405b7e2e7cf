package io.clawpod.spawner.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.spawner.session.ImageInfo;
import io.clawpod.spawner.session.Images.Found;
import io.clawpod.spawner.session.Images.Tagging;
import io.clawpod.spawner.testing.SampleImage;
import io.clawpod.spawner.testing.StandInRegistry;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

final class RegistryImagesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String PASSWORD = "correct-horse";
    private static final String MANIFEST = "GET /v2/team/agent/manifests/1";
    private static final String PUT = "PUT /v2/team/";

    private final Vertx vertx = Vertx.vertx();
    private final StandInRegistry registry = new StandInRegistry();
    private final StandInRegistry other = new StandInRegistry();
    private final String config = configOf(registry);

    @TempDir
    @Nullable
    Path folder;

    @AfterEach
    void close() {
        registry.close();
        other.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private static String configOf(StandInRegistry registry) {
        return registry.image().blobs().keySet().iterator().next();
    }

    private RegistryImages images(Set<String> insecure, @Nullable Path auth, Duration timeout) {
        return new RegistryImages(vertx, new ImageSettings(registry.host(), insecure, auth, "amd64"), timeout);
    }

    private RegistryImages images(@Nullable Path auth) {
        return images(Set.of(registry.host()), auth, PATIENCE);
    }

    private Found find(String reference) {
        return images(null).find(reference).await().atMost(PATIENCE);
    }

    private Tagging tag(String source, String target) {
        return images(null).tag(source, target).await().atMost(PATIENCE);
    }

    private static ImageInfo present(Found found) {
        return assertInstanceOf(Found.Present.class, found, found.toString()).image();
    }

    @Test
    void anIndexIsReadForOurPlatform() {
        ImageInfo image = present(find("team/agent:1"));
        assertEquals(registry.host() + "/team/agent:1", image.reference());
        assertEquals(registry.host() + "/team/agent", image.name());
        assertEquals(registry.image().index(), image.digest());
        assertEquals(config, image.configDigest());
        assertEquals(Instant.parse("2026-01-02T02:04:05Z"), image.created());
        assertEquals("linux/amd64", image.os() + "/" + image.architecture());
        assertEquals(20, image.size());
        assertEquals(List.of("PATH=/bin"), image.env());
        assertEquals(List.of("serve"), image.cmd());
        assertEquals(List.of("/entry"), image.entrypoint());
        assertEquals("/app", image.workdir());
        assertEquals("node", image.user());
        assertEquals(Map.of("a", "b"), image.labels());
        assertEquals(
                List.of(20L, 0L),
                image.history().stream().map(ImageInfo.Step::size).toList());
    }

    @Test
    void aDigestIsLookedForAsSuch() {
        ImageInfo image = present(find("team/agent@" + registry.image().amd64()));
        assertEquals(registry.image().amd64(), image.digest());
        assertFalse(image.isTagged());
    }

    @Test
    void whatIsNotThereIsMissing() {
        assertInstanceOf(Found.Missing.class, find("team/agent:2"));
        assertInstanceOf(Found.Missing.class, find("nobody/knows"));
        assertInstanceOf(Found.Refused.class, find("No Name"));
    }

    private record Hostile(
            String name, String line, Handler<HttpServerRequest> script, Class<? extends Found> outcome) {}

    private static Handler<HttpServerRequest> body(String type, String body) {
        return request -> request.response().putHeader("Content-Type", type).end(body);
    }

    private static Handler<HttpServerRequest> status(int status) {
        return request -> request.response().setStatusCode(status).end("untold");
    }

    private static Handler<HttpServerRequest> redirect(String to) {
        return request ->
                request.response().setStatusCode(307).putHeader("Location", to).end();
    }

    private static void endless(HttpServerRequest request) {
        request.response().setChunked(true);
        String piece = "x".repeat(1 << 16);
        for (int i = 0; i < 100; i++) {
            request.response().write(piece);
        }
    }

    private static final String EMPTY_INDEX = "{\"schemaVersion\":2,\"mediaType\":\"" + SampleImage.INDEX
            + "\",\"manifests\":[{\"mediaType\":\"" + SampleImage.MANIFEST + "\",\"digest\":\"sha256:"
            + "0".repeat(64) + "\",\"size\":2,\"platform\":{\"os\":\"windows\",\"architecture\":\"amd64\"}}]}";

    private List<Hostile> hostile() {
        String blob = "GET /v2/team/agent/blobs/" + config;
        String chosen = "GET /v2/team/agent/manifests/" + registry.image().amd64();
        String artifact = "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"application/x-chart\",\"digest\":\"sha256:"
                + "0".repeat(64) + "\",\"size\":2},\"layers\":[]}";
        String both = "{\"schemaVersion\":2,\"manifests\":[],\"layers\":[],\"config\":{}}";
        Class<Found.Unreachable> distrusted = Found.Unreachable.class;
        Class<Found.Refused> refused = Found.Refused.class;
        return List.of(
                new Hostile("another digest told", MANIFEST, this::toldWrong, distrusted),
                new Hostile("other content than asked for", chosen, body(SampleImage.MANIFEST, "{}"), distrusted),
                new Hostile("another configuration", blob, body("application/json", "{}"), distrusted),
                new Hostile("no configuration", blob, status(404), distrusted),
                new Hostile("an endless manifest", MANIFEST, RegistryImagesTest::endless, distrusted),
                new Hostile("an endless configuration", blob, RegistryImagesTest::endless, distrusted),
                new Hostile("no JSON", MANIFEST, body(SampleImage.INDEX, "untold"), distrusted),
                new Hostile("a list", MANIFEST, body(SampleImage.INDEX, "[]"), distrusted),
                new Hostile("nothing", MANIFEST, body(SampleImage.INDEX, ""), distrusted),
                new Hostile("deep JSON", MANIFEST, body(SampleImage.INDEX, "[".repeat(100_000)), distrusted),
                new Hostile("index and manifest in one", MANIFEST, body(SampleImage.INDEX, both), distrusted),
                new Hostile(
                        "an index called a manifest", MANIFEST, body(SampleImage.MANIFEST, EMPTY_INDEX), distrusted),
                new Hostile(
                        "a kind that is old", MANIFEST, body("application/json", "{\"schemaVersion\":1}"), distrusted),
                new Hostile("no image of our platform", MANIFEST, body(SampleImage.INDEX, EMPTY_INDEX), refused),
                new Hostile("no image at all", MANIFEST, body(SampleImage.MANIFEST, artifact), refused),
                new Hostile("a login for ever", MANIFEST, challenge("Basic realm=\"x\""), refused),
                new Hostile("a login of no kind", MANIFEST, challenge("Negotiate"), refused),
                new Hostile("forbidden", MANIFEST, status(403), refused),
                new Hostile("too many requests", MANIFEST, status(429), distrusted),
                new Hostile("a failure", MANIFEST, status(500), distrusted),
                new Hostile("a redirect of a manifest", MANIFEST, redirect("http://" + other.host() + "/"), distrusted),
                new Hostile("a redirect that goes round", blob, redirect("/v2/team/agent/blobs/" + config), distrusted),
                new Hostile("a redirect to http elsewhere", blob, redirect("http://" + other.host() + "/"), distrusted),
                new Hostile("a redirect to a file", blob, redirect("file:///etc/passwd"), distrusted),
                new Hostile("a redirect to nowhere", blob, redirect(":"), distrusted),
                new Hostile(
                        "a broken connection",
                        MANIFEST,
                        request -> request.connection().close(),
                        distrusted));
    }

    private void toldWrong(HttpServerRequest request) {
        request.response()
                .putHeader("Content-Type", SampleImage.INDEX)
                .putHeader("Docker-Content-Digest", registry.image().amd64())
                .end(new String(
                        registry.image().manifests().get(registry.image().index()), StandardCharsets.UTF_8));
    }

    private static Handler<HttpServerRequest> challenge(String text) {
        return request -> request.response()
                .setStatusCode(401)
                .putHeader("WWW-Authenticate", text)
                .end();
    }

    @TestFactory
    Stream<DynamicTest> nothingIsBelievedThatIsNotRight() {
        return hostile().stream()
                .map(row -> DynamicTest.dynamicTest(row.name(), () -> {
                    registry.script(row.line(), row.script());
                    try {
                        Found found = find("team/agent:1");
                        assertInstanceOf(row.outcome(), found, found.toString());
                        assertFalse(found.toString().contains("untold"), found.toString());
                        assertEquals(List.of(), other.lines());
                    } finally {
                        registry.script(row.line(), registry::serve);
                    }
                }));
    }

    @Test
    void oneThatDoesNotAnswerIsGivenUp() {
        registry.script(MANIFEST, request -> {});
        Found found = images(Set.of(registry.host()), null, Duration.ofMillis(200))
                .find("team/agent:1")
                .await()
                .atMost(PATIENCE);
        assertInstanceOf(Found.Unreachable.class, found);
    }

    @Test
    void httpIsSpokenOnlyWhereItIsAllowed() {
        Found found =
                images(Set.of(), null, PATIENCE).find("team/agent:1").await().atMost(PATIENCE);
        assertInstanceOf(Found.Unreachable.class, found);
        assertEquals(List.of(), registry.lines());
    }

    private Path auth(String json) throws IOException {
        return Files.writeString(java.util.Objects.requireNonNull(folder).resolve("config.json"), json);
    }

    private Path password(String host) throws IOException {
        String auth = Base64.getEncoder().encodeToString(("user:" + PASSWORD).getBytes(StandardCharsets.UTF_8));
        return auth("{\"auths\":{\"" + host + "\":{\"auth\":\"" + auth + "\"}}}");
    }

    private void wants(StandInRegistry where, String line, String authorization, String challenge) {
        where.script(line, request -> {
            if (authorization.equals(request.getHeader("Authorization"))) {
                where.serve(request);
            } else {
                challenge(challenge).handle(request);
            }
        });
    }

    private void wantsToken() {
        String bearer = "Bearer realm=\"http://" + registry.host()
                + "/token\",service=\"registry\",scope=\"repository:team/agent:pull\"";
        wants(registry, MANIFEST, "Bearer a.b.c", bearer);
        registry.script("GET /token", body("application/json", "{\"token\":\"a.b.c\"}"));
        registry.script("POST /token", body("application/json", "{\"access_token\":\"a.b.c\"}"));
    }

    @Test
    void aTokenIsAskedForWithThePasswordAndUsedWithoutIt() throws IOException {
        wantsToken();
        String blob = "/v2/team/agent/blobs/" + config;
        registry.script("GET " + blob, redirect("http://" + other.host() + blob));
        RegistryImages both = images(
                Set.of(registry.host(), other.host()), password("https://" + registry.host() + "/v2/"), PATIENCE);
        present(both.find("team/agent:1").await().atMost(PATIENCE));

        String basic =
                "Basic " + Base64.getEncoder().encodeToString(("user:" + PASSWORD).getBytes(StandardCharsets.UTF_8));
        List<StandInRegistry.Seen> seen = registry.seen();
        assertEquals(
                new StandInRegistry.Seen("GET /token?service=registry&scope=repository%3Ateam%2Fagent%3Apull", basic),
                seen.get(1));
        seen.forEach(request -> assertEquals(
                request.line().contains("token"), basic.equals(request.authorization()), request.toString()));
        assertEquals(List.of("GET " + blob), other.lines());
        assertNull(other.seen().get(0).authorization());
    }

    @Test
    void anIdentityTokenIsSentInTheBody() throws IOException {
        wantsToken();
        Path file = auth("{\"auths\":{\"" + registry.host() + "/team\":{\"identitytoken\":\"" + PASSWORD + "\"}}}");
        present(images(file).find("team/agent:1").await().atMost(PATIENCE));
        assertTrue(registry.lines().contains("POST /token"));
        assertFalse(registry.lines().toString().contains(PASSWORD));
    }

    @Test
    void aPasswordIsShownOnlyToItsRegistry() throws IOException {
        String basic =
                "Basic " + Base64.getEncoder().encodeToString(("user:" + PASSWORD).getBytes(StandardCharsets.UTF_8));
        wants(registry, MANIFEST, basic, "Basic realm=\"x\"");
        present(images(password(registry.host())).find("team/agent:1").await().atMost(PATIENCE));
        assertInstanceOf(
                Found.Refused.class,
                images(password("registry.example"))
                        .find("team/agent:1")
                        .await()
                        .atMost(PATIENCE));
        assertInstanceOf(
                Found.Refused.class,
                images(password(registry.host() + "/tea"))
                        .find("team/agent:1")
                        .await()
                        .atMost(PATIENCE));
    }

    @Test
    void aPasswordNeverGoesOverHttpToAnotherHost() throws IOException {
        registry.script(MANIFEST, challenge("Bearer realm=\"http://" + other.host() + "/token\""));
        Found found =
                images(password(registry.host())).find("team/agent:1").await().atMost(PATIENCE);
        assertInstanceOf(Found.Unreachable.class, found);
        assertEquals(List.of(), other.lines());
    }

    @Test
    void aTokenCannotCarryAnotherHeader() throws IOException {
        wantsToken();
        registry.script("GET /token", body("application/json", "{\"token\":\"a\\r\\nX: y\"}"));
        assertInstanceOf(Found.Unreachable.class, find("team/agent:1"));
    }

    @Test
    void aFileThatCannotBeReadIsToldWithoutWhatItHolds() throws IOException {
        registry.script(MANIFEST, challenge("Basic"));
        for (String wrong :
                List.of(PASSWORD, "{\"auths\":{\"" + registry.host() + "\":{\"auth\":\"" + PASSWORD + "!\"}}}")) {
            Found found = images(auth(wrong)).find("team/agent:1").await().atMost(PATIENCE);
            assertInstanceOf(Found.Unreachable.class, found);
            assertTrue(found.toString().contains("clawpod.images.registry-auth"), found.toString());
            assertFalse(found.toString().contains(PASSWORD), found.toString());
        }
    }

    private List<String> writes() {
        return registry.lines().stream().filter(line -> !line.startsWith("GET")).toList();
    }

    @Test
    void aTagInTheSameRepositoryIsOneWrite() {
        Tagging.Tagged tagged = assertInstanceOf(Tagging.Tagged.class, tag("team/agent:1", "team/agent:new"));
        assertEquals(registry.image().index(), tagged.digest());
        assertEquals(List.of(PUT + "agent/manifests/new"), writes());
    }

    @Test
    void aTagInAnotherRepositoryMountsEveryBlobAndComesLast() {
        assertInstanceOf(Tagging.Tagged.class, tag("team/agent:1", "team/other:2"));
        List<String> writes = writes();
        registry.image()
                .blobs()
                .keySet()
                .forEach(blob -> assertTrue(
                        writes.contains("POST /v2/team/other/blobs/uploads/?mount=" + blob + "&from=team/agent"),
                        blob));
        assertTrue(writes.contains(PUT + "other/manifests/" + registry.image().amd64()));
        assertEquals(PUT + "other/manifests/2", writes.get(writes.size() - 1));
    }

    @Test
    void whatCannotBeMountedIsRefusedAndLeftClean() {
        String upload = "/v2/team/other/blobs/uploads/";
        registry.script(
                "POST " + upload,
                request -> request.response()
                        .setStatusCode(202)
                        .putHeader("Location", upload + "session")
                        .end());
        assertInstanceOf(Tagging.Refused.class, tag("team/agent:1", "team/other:2"));
        List<String> writes = writes();
        assertEquals(2, writes.size());
        assertEquals("DELETE " + upload + "session", writes.get(1));
    }

    @Test
    void whatCannotBeTaggedIsRefused() {
        assertInstanceOf(Tagging.Missing.class, tag("team/agent:3", "team/agent:4"));
        assertInstanceOf(Tagging.Refused.class, tag("team/agent:1", "registry.example/agent:1"));
        assertInstanceOf(Tagging.Refused.class, tag("team/agent:1", "Wrong"));
        assertInstanceOf(
                Tagging.Refused.class,
                tag("team/agent:1", "team/agent@" + registry.image().index()));
        registry.script(PUT + "agent/manifests/read-only", status(405));
        assertInstanceOf(Tagging.Refused.class, tag("team/agent:1", "team/agent:read-only"));
    }
}
