package io.clawpod.spawner.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.volume.VolumeSource.Claim;
import io.clawpod.spawner.volume.VolumeSource.HostPath;
import io.clawpod.spawner.volume.VolumeSource.Nfs;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class VolumeSourceTest {
    static Stream<Arguments> sources() {
        return Stream.of(
                Arguments.of("pvc:data", new Claim("data", "")),
                Arguments.of("pvc:data/", new Claim("data", "")),
                Arguments.of("pvc:data/a/b", new Claim("data", "a/b")),
                Arguments.of("pvc:data//a/./x/../b/", new Claim("data", "a/b")),
                Arguments.of("pvc:my.data-1", new Claim("my.data-1", "")),
                Arguments.of("nfs:files.example:/exports/a", new Nfs("files.example", "/exports/a")),
                Arguments.of("nfs:192.0.2.1:/", new Nfs("192.0.2.1", "/")),
                Arguments.of("nfs:[2001:db8::1]:/a/", new Nfs("[2001:db8::1]", "/a")),
                Arguments.of("hostPath", new HostPath(null)));
    }

    @ParameterizedTest
    @MethodSource("sources")
    void aSourceIsReadFromItsForm(String text, VolumeSource source) {
        assertEquals(source, VolumeSource.parse(text, null));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "data",
                "PVC:data",
                "pvc:",
                "pvc:/a",
                "pvc:Data",
                "pvc:-data",
                "pvc:data/../x",
                "pvc:data/a/../../x",
                "nfs:",
                "nfs:files",
                "nfs:files:exports",
                "nfs::/exports",
                "nfs: :/exports",
                "nfs:files:/a/../..",
                "hostpath",
                "hostPath:/a"
            })
    void whatIsNoSourceIsRefused(String text) {
        InvalidValue fault = assertThrows(InvalidValue.class, () -> VolumeSource.parse(text, null));
        assertEquals("source", fault.field());
    }

    @ParameterizedTest
    @ValueSource(strings = {"node-1", "a.b.example"})
    void aHostPathMayBeOfOneNode(String node) {
        assertEquals(new HostPath(node), VolumeSource.parse("hostPath", node));
    }
}
