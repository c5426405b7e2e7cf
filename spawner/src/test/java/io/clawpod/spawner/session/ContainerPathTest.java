package io.clawpod.spawner.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.clawpod.common.InvalidValue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ContainerPathTest {
    @ParameterizedTest
    @CsvSource({
        "/, /",
        "//, /",
        "/a, /a",
        "/a/, /a",
        "/a//b, /a/b",
        "/a/./b/., /a/b",
        "/a/../b, /b",
        "/a/b/../.., /",
        "/..a/b.., /..a/b..",
        "/a b/ü, /a b/ü"
    })
    void aPathIsMadePlain(String path, String plain) {
        assertEquals(plain, ContainerPath.normalise("f", path));
        assertEquals(plain, ContainerPath.normalise("f", plain));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "./a", "~/a", "C:\\a", "/..", "/a/../../b", "/a\n", "/a\0b"})
    void whatIsNoAbsolutePathIsRefused(String path) {
        InvalidValue fault = assertThrows(InvalidValue.class, () -> ContainerPath.normalise("f", path));
        assertEquals("f", fault.field());
    }

    @Test
    void aPathIsAsLongAsLinuxTakesIt() {
        String longest = "/" + "a".repeat(ContainerPath.MAX_LENGTH - 1);
        assertEquals(longest, ContainerPath.normalise("f", longest));
        assertThrows(InvalidValue.class, () -> ContainerPath.normalise("f", longest + "a"));
    }

    @ParameterizedTest
    @CsvSource({
        "/a, /a, true",
        "/a/b, /a, true",
        "/ab, /a, false",
        "/a, /a/b, false",
        "/a, /, true",
        "/, /, true",
        "/, /a, false"
    })
    void aFolderHoldsItselfAndWhatLiesBelow(String path, String folder, boolean within) {
        assertEquals(within, ContainerPath.isWithin(path, folder));
    }
}
