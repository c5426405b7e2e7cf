package io.clawpod.spawner.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.InvalidValue;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class NumberParameterTest {
    @ParameterizedTest
    @CsvSource({"1, 1", "10, 10", "007, 7"})
    void theBoundsAreIncluded(String text, int value) {
        assertEquals(value, NumberParameter.parse("limit", text, 1, 10));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " 1", "0", "11", "-1", "1.0", "one", "1e1", "2147483648", "99999999999999999999"})
    void whatIsOutOfBoundsIsRefusedWithTheBounds(String text) {
        InvalidValue fault = assertThrows(InvalidValue.class, () -> NumberParameter.parse("limit", text, 1, 10));
        assertEquals("limit", fault.field());
        assertTrue(fault.remedy().contains("1 to 10"), fault.remedy());
    }
}
