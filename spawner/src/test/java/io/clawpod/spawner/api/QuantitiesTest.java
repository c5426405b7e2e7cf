package io.clawpod.spawner.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.clawpod.common.InvalidValue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class QuantitiesTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "1073741824, 1073741824",
        "1k, 1000",
        "1M, 1000000",
        "1G, 1000000000",
        "1T, 1000000000000",
        "1Ki, 1024",
        "1Mi, 1048576",
        "1Gi, 1073741824",
        "1Ti, 1099511627776",
        "1.5Ki, 1536",
        "0.5, 1",
        "1.0001Ki, 1025",
        "1500m, 2",
        "9007199254740993, 9007199254740993"
    })
    void bytesAreReadAsKubernetesReadsThem(String text, long bytes) {
        assertEquals(bytes, Quantities.bytes("f", text));
    }

    @ParameterizedTest
    @CsvSource({"2, 2000", "0.5, 500", "500m, 500", "0.0001, 1", "1.0005, 1001", "1k, 1000000"})
    void coresAreReadInThousandths(String text, long millis) {
        assertEquals(millis, Quantities.cpuMillis("f", text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "1 Gi",
                "Gi",
                "1GB",
                "1gi",
                "1K",
                "-1",
                "+1",
                "1.",
                ".5",
                "1e3",
                "0x10",
                "1,5",
                "NaN",
                "9999999999999999999",
                "999999999999999999Ti",
                "٣"
            })
    void whatIsNoQuantityIsRefused(String text) {
        assertEquals(
                "f",
                assertThrows(InvalidValue.class, () -> Quantities.bytes("f", text))
                        .field());
        assertEquals(
                "g",
                assertThrows(InvalidValue.class, () -> Quantities.cpuMillis("g", text))
                        .field());
    }

    @Test
    void whatIsAbsentStaysAbsent() {
        assertNull(Quantities.bytes("f", null));
        assertNull(Quantities.cpuMillis("f", null));
    }
}
