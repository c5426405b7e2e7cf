package io.clawpod.proxy.credential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.SecretText;
import io.clawpod.proxy.testing.MovableClock;
import io.clawpod.proxy.testing.StubTokenEndpoint;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class OauthSourceTest {
    private static final CredentialSpec.SecretName SECRET = new CredentialSpec.SecretName("clawpod", "oauth");

    @TempDir
    Path folder;

    private final Vertx vertx = Vertx.vertx();
    private final StubTokenEndpoint tokens = new StubTokenEndpoint(vertx);
    private final MovableClock clock = new MovableClock();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Queue<Map<String, SecretText>> kept = new ConcurrentLinkedQueue<>();
    private volatile boolean keeping = true;
    private final List<String> lines = new ArrayList<>();
    private final Logger log = Logger.getLogger("io.clawpod.proxy.credential");
    private final Handler collector = new Handler() {
        @Override
        public void publish(LogRecord each) {
            synchronized (lines) {
                lines.add(each.getMessage() + " "
                        + List.of(each.getParameters() == null ? new Object[0] : each.getParameters())
                        + each.getThrown());
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listen() {
        log.addHandler(collector);
    }

    @AfterEach
    void close() {
        log.removeHandler(collector);
        vertx.close().toCompletionStage().toCompletableFuture().join();
        // Every token of these tests has this in it.
        synchronized (lines) {
            lines.forEach(line -> assertFalse(line.contains("hush"), line));
        }
    }

    private CredentialSpec.Oauth spec(URI endpoint, boolean allowPrivate, boolean json) {
        return new CredentialSpec.Oauth(
                "login", folder, endpoint, allowPrivate, "client-1", "a b", json, true, Duration.ofMinutes(5), SECRET);
    }

    private OauthSource source() {
        return source(spec(tokens.uri(), true, false));
    }

    private OauthSource source(CredentialSpec.Oauth spec) {
        return source(spec, new TokenEndpoint(vertx));
    }

    private OauthSource source(CredentialSpec.Oauth spec, TokenEndpoint endpoint) {
        RefreshMeter meter = new RefreshMeter(meters, spec.name());
        SecretKeeper keeper = (secret, data) -> {
            assertEquals(SECRET, secret);
            if (!keeping) {
                throw new IllegalStateException("the Kubernetes API answers with 403");
            }
            kept.add(data);
        };
        return new OauthSource(spec, endpoint, new WriteBack(spec, keeper, vertx, clock, meter), clock, meter);
    }

    private void write(String file, String text) {
        try {
            Files.writeString(folder.resolve(file), text);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void pair(String access, String refresh, Duration lasts) {
        write("access-token", access);
        write("refresh-token", refresh);
        write("expires-at", clock.instant().plus(lasts).toString());
    }

    private static CredentialState await(Future<CredentialState> state) throws Exception {
        return state.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @Test
    void anAnswerThatDoesNotEndIsGivenUp() throws Exception {
        pair("hush-old", "hush-refresh", Duration.ofMinutes(-1));
        OauthSource source = source(spec(tokens.uri(), true, false), new TokenEndpoint(vertx, Duration.ofMillis(500)));
        Future<CredentialState> state = source.obtain();
        tokens.next().begin("{");
        assertEquals(
                "The token endpoint of credential login cannot be reached.",
                assertInstanceOf(CredentialState.Failed.class, await(state)).reason());
    }

    private static String bearer(CredentialState state) {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        assertInstanceOf(CredentialState.Present.class, state).credential().applyTo(headers);
        assertEquals("oauth-2025-04-20", headers.get("anthropic-beta"));
        return headers.get("authorization").substring("Bearer ".length());
    }

    private static void awaitBearer(String access, OauthSource source) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .until(() -> source.state() instanceof CredentialState.Present
                        && bearer(source.state()).equals(access));
    }

    private double refreshes(String outcome) {
        return meters.get("clawpod.proxy.credential.refreshes")
                .tag("outcome", outcome)
                .counter()
                .count();
    }

    private double writes(String outcome) {
        return meters.get("clawpod.proxy.credential.writebacks")
                .tag("outcome", outcome)
                .counter()
                .count();
    }

    @Test
    void aHundredCallersWithAnExpiredTokenShareOneRefresh() throws Exception {
        pair("hush-a1", "hush-r1", Duration.ofSeconds(-1));
        OauthSource source = source();
        Queue<Future<CredentialState>> waiting = new ConcurrentLinkedQueue<>();
        CountDownLatch asked = new CountDownLatch(100);
        for (int i = 0; i < 100; i++) {
            new Thread(() -> {
                        waiting.add(source.obtain());
                        asked.countDown();
                    })
                    .start();
        }
        assertTrue(asked.await(20, TimeUnit.SECONDS));
        StubTokenEndpoint.Asked only = tokens.next();
        assertEquals("refresh_token", only.form().get("grant_type"));
        assertEquals("hush-r1", only.form().get("refresh_token"));
        assertEquals("client-1", only.form().get("client_id"));
        assertEquals("a b", only.form().get("scope"));
        assertFalse(only.form().contains("client_secret"));
        only.token("hush-a2", "hush-r2", 3600);
        for (Future<CredentialState> each : waiting) {
            assertEquals("hush-a2", bearer(await(each)));
        }
        assertEquals("hush-a2", bearer(await(source.obtain())));
        assertTrue(tokens.nobodyAsked());
        assertEquals(1, refreshes("refreshed"));
    }

    @Test
    void aTokenIsRefreshedBeforeItEndsAndNobodyWaitsForThat() throws Exception {
        pair("hush-a1", "hush-r1", Duration.ofHours(1));
        OauthSource source = source();
        clock.advance(Duration.ofMinutes(54));
        source.tick();
        assertEquals("hush-a1", bearer(await(source.obtain())));
        assertTrue(tokens.nobodyAsked());
        clock.advance(Duration.ofMinutes(1));
        source.tick();
        StubTokenEndpoint.Asked asked = tokens.next();
        assertEquals("hush-a1", bearer(await(source.obtain())));
        asked.token("hush-a2", "hush-r2", 3600);
        awaitBearer("hush-a2", source);
        assertTrue(tokens.nobodyAsked());
    }

    @Test
    void aRotatedRefreshTokenIsTheNextOneAndAnAbsentOneLeavesTheOld() throws Exception {
        pair("hush-a1", "hush-r1", Duration.ZERO);
        write("client-secret", "hush-client");
        OauthSource source = source();
        for (String[] each : new String[][] {
            {"hush-r1", "hush-a2", "hush-r2"}, {"hush-r2", "hush-a3", ""}, {"hush-r2", "hush-a4", "hush-r4"}
        }) {
            Future<CredentialState> state = source.obtain();
            StubTokenEndpoint.Asked asked = tokens.next();
            assertEquals(each[0], asked.form().get("refresh_token"));
            assertEquals("hush-client", asked.form().get("client_secret"));
            asked.token(each[1], each[2], 60);
            assertEquals(each[1], bearer(await(state)));
            clock.advance(Duration.ofSeconds(60));
        }
        Future<CredentialState> state = source.obtain();
        tokens.next().token("hush-a5", "", 3600);
        assertEquals(
                List.of(SecretText.of("hush-a5"), SecretText.of("hush-r4"), SecretText.of("hush-client")),
                assertInstanceOf(CredentialState.Present.class, await(state))
                        .credential()
                        .secrets());
    }

    @Test
    void aShortLivedTokenIsRefreshedAtItsHalfAndNotWithoutEnd() throws Exception {
        pair("hush-a1", "hush-r1", Duration.ZERO);
        OauthSource source = source();
        Future<CredentialState> state = source.obtain();
        tokens.next().token("hush-a2", "", 60);
        await(state);
        clock.advance(Duration.ofSeconds(29));
        source.tick();
        clock.advance(Duration.ofSeconds(1));
        source.tick();
        tokens.next().token("hush-a3", "", 60);
        awaitBearer("hush-a3", source);
        assertEquals(2, refreshes("refreshed"));
    }

    @Test
    void anEndpointThatRefusesIsAClearFaultAndIsAskedAgainOnlyAfterAPauseThatDoubles() throws Exception {
        pair("hush-a1", "hush-r1", Duration.ZERO);
        OauthSource source = source();
        Future<CredentialState> state = source.obtain();
        tokens.next().answer(400, "{\"error\":\"invalid_grant\",\"error_description\":\"hush-r1 is old\"}");
        var failed = new CredentialState.Failed(
                ErrorCode.CREDENTIAL_UNAVAILABLE,
                "The token endpoint of credential login answers with 400 invalid_grant.",
                Duration.ofSeconds(1));
        assertEquals(failed, await(state));
        assertEquals(failed, await(source.obtain()));
        source.tick();
        assertTrue(tokens.nobodyAsked());
        assertEquals(1, refreshes("refused"));

        clock.advance(Duration.ofSeconds(1));
        state = source.obtain();
        tokens.next().answer(503, "hush");
        assertEquals(
                new CredentialState.Failed(
                        ErrorCode.UPSTREAM_FAILED,
                        "The token endpoint of credential login answers with 503.",
                        Duration.ofSeconds(2)),
                await(state));
        clock.advance(Duration.ofSeconds(1));
        assertEquals(
                Duration.ofSeconds(1),
                assertInstanceOf(CredentialState.Failed.class, await(source.obtain()))
                        .retryAfter());

        clock.advance(Duration.ofSeconds(1));
        state = source.obtain();
        tokens.next().token("hush-a2", "", 3600);
        assertEquals("hush-a2", bearer(await(state)));
    }

    @Test
    void whatTheEndpointSaysWrongIsNoToken() throws Exception {
        pair("hush-a1", "hush-r1", Duration.ZERO);
        OauthSource source = source();
        for (String body : new String[] {
            "", "{", "[]", "{\"access_token\":1}", "{\"access_token\":\"hush\\r\\nx: y\"}", " ".repeat(70_000)
        }) {
            Future<CredentialState> state = source.obtain();
            tokens.next().answer(200, body);
            assertEquals(
                    ErrorCode.UPSTREAM_FAILED,
                    assertInstanceOf(CredentialState.Failed.class, await(state)).code());
            clock.advance(Backoff.LONGEST);
        }
        assertEquals(6, refreshes("unanswered"));
    }

    @Test
    void aFailureDoesNotTakeATokenThatIsStillGood() throws Exception {
        pair("hush-a1", "hush-r1", Duration.ofMinutes(2));
        OauthSource source = source();
        source.tick();
        tokens.next().answer(500, "");
        Awaitility.await().until(() -> refreshes("unanswered") == 1);
        assertEquals("hush-a1", bearer(await(source.obtain())));
        clock.advance(Duration.ofMinutes(2));
        Future<CredentialState> state = source.obtain();
        tokens.next().token("hush-a2", "", 3600);
        assertEquals("hush-a2", bearer(await(state)));
    }

    @Test
    void anEndpointThatCannotBeReachedOrHasAPrivateAddressIsSaidToBeSo() throws Exception {
        pair("hush-a1", "hush-r1", Duration.ZERO);
        assertEquals(
                ErrorCode.UPSTREAM_UNREACHABLE,
                assertInstanceOf(
                                CredentialState.Failed.class,
                                await(source(spec(URI.create("http://127.0.0.1:1/"), true, false))
                                        .obtain()))
                        .code());
        var refused = assertInstanceOf(
                CredentialState.Failed.class,
                await(source(spec(tokens.uri(), false, false)).obtain()));
        assertEquals(ErrorCode.UPSTREAM_REFUSED, refused.code());
        assertTrue(refused.reason().endsWith("has an address that is loopback."), refused.reason());
        assertTrue(tokens.nobodyAsked());
    }

    /** How many rejections have begun a refresh. */
    private long rejections() {
        synchronized (lines) {
            return lines.stream()
                    .filter(line -> line.contains("access token rejected"))
                    .count();
        }
    }

    private static Credential credential(CredentialState state) {
        return assertInstanceOf(CredentialState.Present.class, state).credential();
    }

    @Test
    void aTokenThatAnUpstreamRejectsIsRefreshedOnceForAllWhoCarriedIt() throws Exception {
        pair("hush-a1", "hush-r1", Duration.ofHours(1));
        OauthSource source = source();
        Credential carried = credential(await(source.obtain()));
        for (int i = 0; i < 10; i++) {
            source.rejected(carried);
        }
        StubTokenEndpoint.Asked only = tokens.next();
        assertEquals("hush-r1", only.form().get("refresh_token"));
        assertEquals("hush-a1", bearer(await(source.obtain())), "nobody waits while the old one may still be good");
        only.token("hush-a2", "hush-r2", 3600);
        awaitBearer("hush-a2", source);
        assertEquals(1, rejections());
        clock.advance(Backoff.LONGEST);
        source.rejected(carried);
        assertEquals(1, rejections(), "a late answer speaks of a token that is gone");
    }

    @Test
    void anUpstreamThatRejectsEveryTokenHasThemRefreshedAfterPausesThatDouble() throws Exception {
        pair("hush-a1", "hush-r1", Duration.ofHours(10));
        OauthSource source = source();
        int pair = 1;
        // The last one after so long without any that the pauses begin anew.
        for (int seconds : new int[] {1, 2, 4, 8, 1}) {
            if (pair == 5) {
                clock.advance(Backoff.LONGEST);
            }
            source.rejected(credential(source.state()));
            tokens.next().token("hush-a" + ++pair, "hush-r" + pair, 36_000);
            awaitBearer("hush-a" + pair, source);
            clock.advance(Duration.ofSeconds(seconds).minusMillis(1));
            source.rejected(credential(source.state()));
            assertEquals(pair - 1, rejections());
            clock.advance(Duration.ofMillis(1));
        }
        pair("hush-b1", "hush-s1", Duration.ofHours(10));
        source.reread();
        source.rejected(credential(source.state()));
        assertEquals("hush-s1", tokens.next().form().get("refresh_token"), "a new login begins without a pause");
    }

    @Test
    void aRejectionWaitsOutThePauseAfterAFailedRefresh() throws Exception {
        pair("hush-a1", "hush-r1", Duration.ofHours(1));
        OauthSource source = source();
        for (int i = 1; i <= 2; i++) {
            source.rejected(credential(source.state()));
            tokens.next().answer(503, "");
            int failed = i;
            Awaitility.await().until(() -> refreshes("unanswered") == failed);
            clock.advance(Duration.ofSeconds(i).minusMillis(1));
            source.rejected(credential(source.state()));
            assertEquals(i, rejections());
            clock.advance(Duration.ofMillis(1));
        }
        source.rejected(credential(source.state()));
        tokens.next().token("hush-a2", "hush-r2", 3600);
        awaitBearer("hush-a2", source);
    }

    @Test
    void aRejectedTokenWithoutARefreshTokenStaysWhatItIs() throws Exception {
        write("access-token", "hush-a1");
        OauthSource source = source();
        source.rejected(credential(source.state()));
        assertEquals("hush-a1", bearer(await(source.obtain())));
        assertEquals(0, rejections());
    }

    @Test
    void aPairThatAnotherReplicaWroteIsTakenOverAndOneOfOursThatComesBackLateIsNot() throws Exception {
        pair("hush-a1", "hush-r1", Duration.ZERO);
        OauthSource source = source();
        for (int i = 2; i <= 3; i++) {
            Future<CredentialState> state = source.obtain();
            tokens.next().token("hush-a" + i, "hush-r" + i, 3600);
            await(state);
            clock.advance(Duration.ofHours(1));
        }
        clock.advance(Duration.ofMinutes(-30));
        // The kubelet brings the first write-back when the second refresh is done.
        write("access-token", "hush-a2");
        write("refresh-token", "hush-r2");
        write("expires-at", clock.instant().minus(Duration.ofMinutes(30)).toString());
        source.reread();
        assertEquals("hush-a3", bearer(await(source.obtain())));

        pair("hush-b1", "hush-s1", Duration.ofHours(1));
        source.reread();
        assertEquals("hush-b1", bearer(await(source.obtain())));
        assertTrue(tokens.nobodyAsked());
    }

    @Test
    void aNewPairInTheFilesEndsThePauseAndOutranksARefreshThatIsUnderWay() throws Exception {
        pair("hush-a1", "hush-r1", Duration.ZERO);
        OauthSource source = source();
        Future<CredentialState> state = source.obtain();
        StubTokenEndpoint.Asked asked = tokens.next();
        pair("hush-b1", "hush-s1", Duration.ofHours(1));
        source.reread();
        asked.token("hush-a2", "hush-r2", 3600);
        assertEquals("hush-b1", bearer(await(state)));
        assertTrue(kept.isEmpty());
    }

    @Test
    void aSecretThatIsTakenAwayTakesItsTokenAlong() throws Exception {
        pair("hush-a1", "hush-r1", Duration.ofHours(1));
        OauthSource source = source();
        for (String file : List.of("access-token", "refresh-token", "expires-at")) {
            Files.delete(folder.resolve(file));
        }
        source.reread();
        var missing = assertInstanceOf(CredentialState.Missing.class, await(source.obtain()));
        assertTrue(missing.reason().contains("holds neither access-token nor credentials.json"), missing.reason());
    }

    @Test
    void withoutARefreshTokenAnExpiredTokenIsMissing() throws Exception {
        write("access-token", "hush-a1");
        write("expires-at", Long.toString(clock.instant().plusSeconds(10).toEpochMilli()));
        OauthSource source = source();
        assertEquals("hush-a1", bearer(await(source.obtain())));
        clock.advance(Duration.ofSeconds(10));
        var missing = assertInstanceOf(CredentialState.Missing.class, await(source.obtain()));
        assertTrue(missing.reason().contains("has run out"), missing.reason());
    }

    @Test
    void aRefreshTokenAloneIsEnoughToBeginWith() throws Exception {
        write("refresh-token", "hush-r1");
        OauthSource source = source(spec(tokens.uri(), true, true));
        assertInstanceOf(CredentialState.Missing.class, source.state());
        Future<CredentialState> state = source.obtain();
        StubTokenEndpoint.Asked asked = tokens.next();
        assertTrue(asked.body().contains("\"refresh_token\":\"hush-r1\""), asked.body());
        asked.token("hush-a1", "", 3600);
        assertEquals("hush-a1", bearer(await(state)));
    }

    @Test
    void aRefreshedPairIsWrittenBackInTheFormThatWasRead() throws Exception {
        Instant expires = clock.instant();
        write(
                "credentials.json",
                "{\"claudeAiOauth\":{\"accessToken\":\"hush-a1\",\"refreshToken\":\"hush-r1\",\"expiresAt\":"
                        + expires.toEpochMilli() + ",\n\"scopes\":[\"x\"]}}");
        OauthSource source = source();
        Future<CredentialState> state = source.obtain();
        tokens.next().token("hush-a2", "hush-r2", 3600);
        await(state);
        Awaitility.await().until(() -> writes("kept") == 1);
        assertEquals(
                Map.of(
                        "credentials.json",
                        SecretText.of(
                                "{\"claudeAiOauth\":{\"accessToken\":\"hush-a2\",\"refreshToken\":\"hush-r2\",\"expiresAt\":"
                                        + expires.plusSeconds(3600).toEpochMilli() + ",\"scopes\":[\"x\"]}}")),
                kept.poll());
    }

    @Test
    void aWriteThatFailsIsCountedAndTriedAgainAndCallsGoOn() throws Exception {
        pair("hush-a1", "hush-r1", Duration.ZERO);
        keeping = false;
        OauthSource source = source();
        Future<CredentialState> state = source.obtain();
        tokens.next().token("hush-a2", "hush-r2", 3600);
        assertEquals("hush-a2", bearer(await(state)));
        Awaitility.await().until(() -> writes("failed") == 1);
        keeping = true;
        source.tick();
        assertEquals(0, writes("kept"));
        clock.advance(WriteBack.AGAIN);
        source.tick();
        Awaitility.await().until(() -> writes("kept") == 1);
        assertEquals(
                Map.of(
                        "access-token", SecretText.of("hush-a2"),
                        "refresh-token", SecretText.of("hush-r2"),
                        "expires-at",
                                SecretText.of(clock.instant()
                                        .minus(WriteBack.AGAIN)
                                        .plusSeconds(3600)
                                        .toString())),
                kept.poll());
    }

    @Test
    void filesThatMakeNoPairAreNamedAndNotQuoted() {
        for (String[] each : new String[][] {
            {"credentials.json", "{\"claudeAiOauth\":{}}", "claudeAiOauth.accessToken"},
            {"credentials.json", "hush", "not the JSON"},
            {"credentials.json", "[\"hush\"]", "not the JSON"},
        }) {
            write(each[0], each[1]);
            assertReason(each[2], source().state());
        }
        write("access-token", "hush-a1");
        assertReason("holds both", source().state());
        assertTrue(folder.resolve("credentials.json").toFile().delete());
        write("expires-at", "hush-tomorrow");
        assertReason("neither ISO 8601 nor a Unix time", source().state());
    }

    private static void assertReason(String part, @Nullable CredentialState state) {
        String reason = assertInstanceOf(CredentialState.Missing.class, state).reason();
        assertTrue(reason.contains(part), reason);
        assertFalse(reason.contains("hush"), reason);
    }
}
