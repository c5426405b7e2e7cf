package io.clawpod.spawner.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.core.type.TypeReference;
import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.testing.CaseFiles;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

final class ImageReferenceTest {
    record Row(
            String text,
            @Nullable String prefix,
            @Nullable String full,
            @Nullable String named,
            @Nullable String shown) {}

    @TestFactory
    Stream<DynamicTest> namesAreReadAsDockerReadsThem() {
        return CaseFiles.table("image-references.yaml", new TypeReference<List<Row>>() {}).stream()
                .map(row -> DynamicTest.dynamicTest("'" + row.text() + "' " + row.prefix(), () -> check(row)));
    }

    private static void check(Row row) {
        String prefix = row.prefix() == null ? "" : row.prefix();
        if (row.full() == null) {
            InvalidValue fault = assertThrows(InvalidValue.class, () -> ImageReference.parse(row.text(), prefix));
            assertEquals("image", fault.field());
            return;
        }
        ImageReference reference = ImageReference.parse(row.text(), prefix);
        assertEquals(row.full(), reference.registry() + "/" + reference.repository());
        assertEquals(row.named(), reference.named());
        assertEquals(row.shown(), reference.toString());
        assertEquals(
                reference.registry(),
                ImageReference.parse(reference.toString(), "").registry());
    }

    @Test
    void lengthsAreBounded() {
        ImageReference.parse("a".repeat(247), "");
        assertThrows(InvalidValue.class, () -> ImageReference.parse("a".repeat(248), ""));
        ImageReference.parse("a:" + "b".repeat(128), "");
        assertThrows(InvalidValue.class, () -> ImageReference.parse("a:" + "b".repeat(129), ""));
        assertThrows(InvalidValue.class, () -> ImageReference.parse("registry.example/" + "a-".repeat(100_000), ""));
    }
}
