package io.clawpod.spawner.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.clawpod.common.InvalidValue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ResourcesTest {
    @ParameterizedTest
    @CsvSource({"0, cpu", "1, memory", "2, ephemeralStorage", "3, shmSize", "4, pids"})
    void whatIsNotPositiveIsRefusedByItsField(int place, String field) {
        for (long value : new long[] {0, -1, Long.MIN_VALUE}) {
            Long[] values = {1L, 1L, 1L, 1L, 1L};
            values[place] = value;
            InvalidValue fault = assertThrows(
                    InvalidValue.class, () -> new Resources(values[0], values[1], values[2], values[3], values[4]));
            assertEquals(field, fault.field());
        }
    }

    @Test
    void whatIsAbsentComesFromTheDefaults() {
        Resources defaults = new Resources(1L, 2L, 3L, 4L, 5L);
        assertEquals(defaults, Resources.UNSET.orElse(defaults));
        assertEquals(defaults, defaults.orElse(new Resources(6L, 6L, 6L, 6L, 6L)));
        assertEquals(
                new Resources(1L, 9L, null, null, null),
                new Resources(null, 9L, null, null, null).orElse(new Resources(1L, 2L, null, null, null)));
    }
}
