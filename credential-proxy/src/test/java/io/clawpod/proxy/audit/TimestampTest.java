package io.clawpod.proxy.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TimestampTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "2026-01-02T03:04:05Z",
                "2026-01-02T03:04:05.120Z",
                "2026-01-02T03:04:05.000120Z",
                "2026-01-02T03:04:05.000000001Z",
                "2026-01-02T03:04:06.999999999Z",
                "2026-01-02T03:04:59.100Z",
                "1970-01-01T00:00:00.001Z",
            })
    void anInstantReadsAsJavaWritesIt(String text) {
        assertEquals(text, Timestamp.of(Instant.parse(text)));
        assertEquals(text, Timestamp.of(Instant.parse(text)));
    }
}
