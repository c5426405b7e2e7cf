package io.clawpod.spawner.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.type.TypeReference;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.testing.CaseFiles;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

final class ImageFaultsTest {
    record Fault(String name, String reason, @Nullable String message, String comes) {}

    @TestFactory
    Stream<DynamicTest> theRuntimesWordsTellWhyAnImageCannotBeHad() {
        return CaseFiles.table("image-faults.yaml", new TypeReference<List<Fault>>() {}).stream()
                .map(fault -> DynamicTest.dynamicTest(
                        fault.name(),
                        () -> assertEquals(
                                Optional.of(fault.comes()),
                                ImageFaults.of(fault.reason(), fault.message()).map(Reason::code))));
    }

    @Test
    void whatIsNotAboutAnImageIsNoFaultOfOne() {
        assertEquals(Optional.empty(), ImageFaults.of("CreateContainerConfigError", "secret not found"));
        assertEquals(Optional.empty(), ImageFaults.of("", null));
    }
}
