package io.clawpod.spawner.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.clawpod.common.InvalidValue;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LifetimeTest {
    private static final Duration YEAR = Duration.ofDays(365);

    @Test
    void theBoundsAreIncluded() {
        Duration second = Duration.ofSeconds(1);
        assertEquals(second, new Lifetime(second, second, Duration.ZERO).deadline());
        assertEquals(YEAR, new Lifetime(YEAR, YEAR, YEAR).retention());
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT0.9S", "-PT1H", "PT8760H0.001S"})
    void aDeadlineOrIdleLimitOutOfBoundsIsRefused(Duration value) {
        assertEquals(
                "deadline",
                assertThrows(InvalidValue.class, () -> new Lifetime(value, null, null))
                        .field());
        assertEquals(
                "idle",
                assertThrows(InvalidValue.class, () -> new Lifetime(null, value, null))
                        .field());
    }

    @ParameterizedTest
    @ValueSource(strings = {"-PT0.001S", "PT8760H1S"})
    void aRetentionOutOfBoundsIsRefused(Duration value) {
        assertEquals(
                "retention",
                assertThrows(InvalidValue.class, () -> new Lifetime(null, null, value))
                        .field());
    }
}
