package io.clawpod.spawner.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.clawpod.common.InvalidValue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MountTest {
    @Test
    void pathsAreMadePlain() {
        assertEquals(new Mount("/a/b", "/c", true), new Mount("/a/x/../b/", "//c/.", true));
    }

    @Test
    void theWholeOfTheHostMayBeNamed() {
        assertEquals("/", new Mount("/", "/host", true).hostPath());
    }

    @ParameterizedTest
    @CsvSource({
        "a, /c, hostPath",
        "'', /c, hostPath",
        "/.., /c, hostPath",
        "/a, c, containerPath",
        "/a, /, containerPath",
        "/a, /x/.., containerPath",
        "/a, /c:d, containerPath"
    })
    void whatCannotBeMountedIsRefused(String hostPath, String containerPath, String field) {
        InvalidValue fault = assertThrows(InvalidValue.class, () -> new Mount(hostPath, containerPath, false));
        assertEquals(field, fault.field());
    }

    @ParameterizedTest
    @CsvSource({"tmp, 1, path", "/, 1, path", "/tmp, 0, size", "/tmp, -1, size"})
    void whatCannotBeAFolderInMemoryIsRefused(String path, long size, String field) {
        InvalidValue fault = assertThrows(InvalidValue.class, () -> new Tmpfs(path, size));
        assertEquals(field, fault.field());
    }
}
