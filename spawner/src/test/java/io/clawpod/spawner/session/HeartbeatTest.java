package io.clawpod.spawner.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.clawpod.common.InvalidValue;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HeartbeatTest {
    @ParameterizedTest
    @ValueSource(strings = {"PT1S", "PT30M", "PT24H"})
    void aHeartbeatIsAFileAndAnAge(Duration age) {
        assertEquals(new Heartbeat("/w/.heartbeat", age, null), new Heartbeat("/w/x/../.heartbeat", age, null));
    }

    @ParameterizedTest
    @CsvSource({
        ".heartbeat, PT1M, file",
        "/, PT1M, file",
        "/h, PT0S, maxAge",
        "/h, PT0.999S, maxAge",
        "/h, -PT1M, maxAge",
        "/h, PT24H0.001S, maxAge"
    })
    void aHeartbeatOutOfBoundsIsRefused(String file, Duration age, String field) {
        assertEquals(
                field,
                assertThrows(InvalidValue.class, () -> new Heartbeat(file, age, null))
                        .field());
    }
}
