package io.clawpod.spawner.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.SigningKey;
import io.clawpod.spawner.cluster.KeyRing.Dated;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyRingTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private static List<String> published(KeyRing ring) {
        return ring.published().stream()
                .map(jwk -> String.valueOf(jwk.get("kid")))
                .toList();
    }

    private static String id(@Nullable Dated dated) {
        return dated == null ? "" : dated.key().id();
    }

    /** Three months by the minute: whatever the times, no reader ever meets a token whose key it cannot know. */
    @ParameterizedTest
    @CsvSource({"P7D, P7D", "P7D, P1D", "P1D, P9D", "PT1H, P3D"})
    void everyTokenIsSignedByAKeyThatWasAnnouncedAndStaysUntilItExpires(Duration rotateAfter, Duration lifetime) {
        Duration step = Duration.ofMinutes(5);
        KeyRing ring = KeyRing.first(SigningKey.generate(), START);
        Map<String, Instant> publishedSince = new HashMap<>(Map.of(id(ring.signing()), Instant.EPOCH));
        Map<String, Instant> lastTokenOf = new HashMap<>();
        int rotations = 0;
        for (Instant now = START; now.isBefore(START.plus(Duration.ofDays(40))); now = now.plus(step)) {
            KeyRing next = ring.at(now, rotateAfter, lifetime, SigningKey::generate);
            rotations += id(next.signing()).equals(id(ring.signing())) ? 0 : 1;
            ring = next;
            for (String kid : published(ring)) {
                publishedSince.putIfAbsent(kid, now);
            }
            String signing = id(ring.signing());
            assertTrue(
                    !now.isBefore(
                            publishedSince.getOrDefault(signing, Instant.MAX).plus(KeyRing.ANNOUNCED)),
                    "signs unannounced at " + now);
            lastTokenOf.put(signing, now);
            for (Map.Entry<String, Instant> last : lastTokenOf.entrySet()) {
                boolean good = now.isBefore(last.getValue().plus(lifetime));
                assertTrue(!good || published(ring).contains(last.getKey()), "withdrawn while good at " + now);
            }
        }
        assertTrue(rotations >= 3, "rotations: " + rotations);
    }

    @ParameterizedTest
    @CsvSource({"P30D, P30D", "P30D, PT1H"})
    void aKeyIsAnnouncedThenSignsThenGoes(Duration rotateAfter, Duration lifetime) {
        KeyRing first = KeyRing.first(SigningKey.generate(), START);
        Instant due = START.plus(rotateAfter);
        Instant early = due.minus(KeyRing.ANNOUNCED);
        assertSame(first, first.at(early.minusSeconds(1), rotateAfter, lifetime, SigningKey::generate));

        KeyRing announced = first.at(early, rotateAfter, lifetime, SigningKey::generate);
        assertEquals(id(first.signing()), id(announced.signing()));
        assertEquals(List.of(id(first.signing()), id(announced.next())), published(announced));
        assertSame(announced, announced.at(due.minusSeconds(1), rotateAfter, lifetime, SigningKey::generate));

        KeyRing rotated = announced.at(due, rotateAfter, lifetime, SigningKey::generate);
        assertEquals(id(announced.next()), id(rotated.signing()));
        assertEquals(id(first.signing()), id(rotated.previous()));
        assertNull(rotated.next());
        assertEquals(2, published(rotated).size());

        Dated previous = rotated.previous();
        assertNotNull(previous);
        assertTrue(previous.at().isAfter(due.plus(lifetime)));
        assertSame(rotated, rotated.at(due.plusSeconds(1), rotateAfter, lifetime, SigningKey::generate));
        KeyRing withdrawn = rotated.at(previous.at(), rotateAfter, lifetime, SigningKey::generate);
        assertNull(withdrawn.previous());
        assertNotEquals(id(first.signing()), id(withdrawn.signing()));
    }
}
