package io.clawpod.spawner.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clawpod.common.InvalidValue;
import io.clawpod.common.Problem;
import io.clawpod.spawner.api.SpecForm;
import io.clawpod.spawner.testing.CaseFiles;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SessionSpecTest {
    record WrongSpec(String name, ObjectNode spec, String field) {}

    @TestFactory
    Stream<DynamicTest> aSpecThatCannotBeHeldIsRefusedByItsField() {
        return CaseFiles.table("wrong-specs.yaml", new TypeReference<List<WrongSpec>>() {}).stream()
                .map(wrong -> DynamicTest.dynamicTest(wrong.name(), () -> {
                    ObjectNode spec = wrong.spec();
                    if (!spec.has("image")) {
                        spec.put("image", "registry.example/agent:1");
                    }
                    Problem problem = assertThrows(Refusal.class, () -> SpecForm.read(spec))
                            .problem();
                    assertEquals(wrong.field(), problem.field());
                    assertFalse(String.valueOf(problem.remedy()).isBlank());
                }));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "agent:1", "reg.example:5000/a/b_c:v1.2", "a@sha256:0123", "Reg.example/a"})
    void anImageIsAReference(String image) {
        assertEquals(image, SessionSpec.builder(image).build().image());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a b", "-a", "/a", "a\n", "a;b", "$(x)"})
    void whatIsNoReferenceIsNoImage(String image) {
        assertEquals(
                "image",
                assertThrows(
                                InvalidValue.class,
                                () -> SessionSpec.builder(image).build())
                        .field());
    }

    @Test
    void anImageHasAtMost511Characters() {
        String longest = "a".repeat(511);
        assertEquals(longest, SessionSpec.builder(longest).build().image());
        assertThrows(
                InvalidValue.class, () -> SessionSpec.builder(longest + "a").build());
    }

    @Test
    void aSpecDoesNotChangeWithWhatItWasMadeOf() {
        List<String> command = new ArrayList<>(List.of("a"));
        Map<String, String> env = new TreeMap<>(Map.of("A", "1"));
        SessionSpec spec = SessionSpec.builder("i").command(command).env(env).build();
        command.add("b");
        env.put("B", "2");
        assertEquals(List.of("a"), spec.command());
        assertEquals(Map.of("A", "1"), spec.env());
        assertThrows(UnsupportedOperationException.class, () -> spec.env().put("B", "2"));
        assertThrows(UnsupportedOperationException.class, () -> spec.labels().put("B", "2"));
        assertThrows(UnsupportedOperationException.class, () -> spec.mounts().clear());
    }

    @Test
    void anImageAloneIsASpecWithoutAnythingElse() {
        SessionSpec spec = SessionSpec.builder("i").build();
        assertEquals(
                spec,
                SessionSpec.builder("i").restart(Restart.NEVER).env(Map.of()).build());
        assertEquals(Resources.UNSET, spec.resources());
        assertEquals(Lifetime.UNSET, spec.lifetime());
        assertEquals(Privileges.NONE, spec.privileges());
    }
}
