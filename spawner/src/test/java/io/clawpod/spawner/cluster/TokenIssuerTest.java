package io.clawpod.spawner.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.SessionTokens;
import io.clawpod.common.SessionTokens.Verification;
import io.clawpod.common.SigningKey;
import io.clawpod.common.VerificationKeys;
import io.clawpod.spawner.docker.testing.FakeSessions;
import io.clawpod.spawner.testing.TestClock;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@EnableKubernetesMockClient(crud = true)
class TokenIssuerTest {
    private static final Duration LIFETIME = Duration.ofDays(2);
    private static final Duration ROTATE_AFTER = Duration.ofDays(3);

    @SuppressWarnings("NullAway.Init") // set by the extension
    KubernetesClient client;

    private final TestClock clock = new TestClock();

    @BeforeEach
    void shipEmpty() {
        put(Map.of());
    }

    private void put(Map<String, String> data) {
        client.secrets().inNamespace("clawpod").withName("key").delete();
        client.resource(new SecretBuilder()
                        .withNewMetadata()
                        .withName("key")
                        .withNamespace("clawpod")
                        .endMetadata()
                        .withData(data)
                        .build())
                .create();
    }

    private static String encode(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private TokenIssuer issuer() {
        return new TokenIssuer(client, clock, "clawpod", "key", "clawpod-spawner", LIFETIME, ROTATE_AFTER);
    }

    private static VerificationKeys keys(TokenIssuer issuer) {
        return VerificationKeys.fromJwks(new JsonObject(issuer.publicKeys().orElseThrow()).encode());
    }

    private static String token(TokenIssuer issuer) {
        return issuer.issue(FakeSessions.session("image")).reveal();
    }

    private void assertGood(String token, TokenIssuer by) {
        Verification found = SessionTokens.verify(token, keys(by), "clawpod-spawner", clock.instant());
        assertTrue(found instanceof Verification.Valid, found.toString());
    }

    private Set<String> stored() {
        Secret secret = client.secrets().inNamespace("clawpod").withName("key").get();
        return new TreeSet<>(secret.getData().keySet());
    }

    @Test
    void tokensStayGoodAcrossRotationsAndReplicasAgree() {
        TokenIssuer one = issuer();
        TokenIssuer two = issuer();
        one.refresh();
        two.refresh();
        assertEquals(keys(one).ids(), keys(two).ids());
        String first = token(one);

        clock.now = clock.now.plus(ROTATE_AFTER).minus(KeyRing.ANNOUNCED);
        two.refresh();
        Set<String> announced = keys(two).ids();
        assertEquals(2, announced.size());
        one.refresh();
        assertEquals(announced, keys(one).ids());
        String beforeRotation = token(one);
        assertEquals(kid(first), kid(beforeRotation));

        clock.now = clock.now.plus(KeyRing.ANNOUNCED);
        // One rotates; the other, which has not looked yet, still signs with the old key.
        one.refresh();
        String late = token(two);
        String rotated = token(one);
        assertEquals(kid(first), kid(late));
        assertNotEquals(kid(first), kid(rotated));
        assertTrue(announced.contains(kid(rotated)));
        assertGood(late, one);
        assertGood(rotated, two);
        two.refresh();
        assertEquals(keys(one).ids(), keys(two).ids());
        assertEquals(kid(rotated), kid(token(two)));

        clock.now = clock.now.plus(LIFETIME).minusSeconds(1);
        one.refresh();
        assertGood(late, one);
        clock.now = clock.now.plus(KeyRing.MARGIN).plusSeconds(2);
        one.refresh();
        assertEquals(Set.of(kid(rotated)), keys(one).ids());
        assertEquals(Set.of("jwk", "jwk-since"), stored());
    }

    private static String kid(String token) {
        String header = new String(Base64.getUrlDecoder().decode(token.split("\\.", -1)[0]), StandardCharsets.UTF_8);
        return new JsonObject(header).getString("kid");
    }

    @Test
    void aReplicaThatLosesTheRaceTakesOverWhatTheOtherStored() {
        TokenIssuer one = issuer();
        one.refresh();
        clock.now = clock.now.plus(ROTATE_AFTER);
        Secret seen = client.secrets().inNamespace("clawpod").withName("key").get();
        one.refresh();
        Set<String> winner = keys(one).ids();
        // What a slower replica read before is no longer taken.
        KeyRingSecret.write(KeyRing.first(SigningKey.generate(), clock.now), seen);
        int code = 0;
        try {
            client.resource(seen).update();
        } catch (KubernetesClientException e) {
            code = e.getCode();
        }
        assertEquals(409, code);
        TokenIssuer two = issuer();
        two.refresh();
        assertEquals(winner, keys(two).ids());
    }

    @Test
    void aKeyWithoutATimeBeginsToAgeWhenItIsSeen() {
        SigningKey old = SigningKey.generate();
        put(Map.of("jwk", encode(old.toJwk().reveal())));
        TokenIssuer issuer = issuer();
        issuer.refresh();
        assertEquals(Set.of("jwk", "jwk-since"), stored());
        assertEquals(Set.of(old.id()), keys(issuer).ids());
        clock.now = clock.now.plus(ROTATE_AFTER);
        issuer().refresh();
        assertEquals(Set.of("jwk", "jwk-since", "next", "next-since"), stored());
    }

    @Test
    void takingTheKeyOutMakesANewOneAndForgetsTheOthers() {
        TokenIssuer issuer = issuer();
        issuer.refresh();
        clock.now = clock.now.plus(ROTATE_AFTER);
        issuer.refresh();
        Set<String> before = keys(issuer).ids();
        put(Map.of("next", encode(SigningKey.generate().toJwk().reveal())));
        issuer.refresh();
        assertEquals(1, keys(issuer).ids().size());
        assertTrue(before.stream().noneMatch(keys(issuer).ids()::contains));
    }

    @Test
    void whatIsNoKeyIsNamed() {
        for (List<String> each : List.of(
                List.of("jwk", "{}", "jwk is not a signing key"),
                List.of("next", "{}", "next is not a signing key"),
                List.of("previous-until", "tomorrow", "previous-until is not a time"))) {
            String key = encode(SigningKey.generate().toJwk().reveal());
            Map<String, String> data = new HashMap<>(Map.of("jwk", key, "previous", key));
            data.put(each.get(0), encode(each.get(1)));
            put(data);
            TokenIssuer issuer = issuer();
            issuer.refresh();
            assertEquals("Secret clawpod/key: " + each.get(2), issuer.fault().orElse(""));
            assertTrue(issuer.publicKeys().isEmpty());
        }
    }
}
