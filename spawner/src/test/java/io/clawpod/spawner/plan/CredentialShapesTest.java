package io.clawpod.spawner.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.type.TypeReference;
import io.clawpod.spawner.testing.CaseFiles;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

final class CredentialShapesTest {
    /** @param parts of the value; a whole one would look like a leaked key to whoever scans this repository */
    record Value(String what, List<String> parts, boolean credential) {
        String text() {
            return String.join("", parts);
        }
    }

    record Named(String name, String value, boolean credential) {}

    @TestFactory
    Stream<DynamicTest> aValueThatHasTheFormOfARealCredentialIsOne() {
        return CaseFiles.table("credentials/values.yaml", new TypeReference<List<Value>>() {}).stream()
                .map(value -> DynamicTest.dynamicTest(
                        value.what(),
                        () -> assertEquals(value.credential(), CredentialShapes.isCredential(value.text()))));
    }

    @TestFactory
    Stream<DynamicTest> aNameThatSaysSecretMakesAValueACredentialUnlessItIsAPlaceholder() {
        return CaseFiles.table("credentials/names.yaml", new TypeReference<List<Named>>() {}).stream()
                .map(named -> DynamicTest.dynamicTest(
                        named.name() + "=" + named.value(),
                        () -> assertEquals(
                                named.credential(), CredentialShapes.isNamedCredential(named.name(), named.value()))));
    }
}
