package io.clawpod.manifests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class RestrictedStandardTest {
    static Stream<Named<Pod>> cases() {
        return Manifests.resource("restricted.yaml").stream()
                .map(Pod.class::cast)
                .map(pod -> Named.of(pod.getMetadata().getName(), pod));
    }

    /** What the case says it breaks; empty when the namespace must admit it. */
    static List<String> breaks(Pod pod) {
        return Arrays.stream(Manifests.at(pod.getMetadata().getAnnotations(), "breaks")
                        .split("\\|"))
                .filter(control -> !control.isEmpty())
                .toList();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aPodIsRefusedForExactlyWhatItBreaks(Pod pod) {
        assertEquals(breaks(pod), RestrictedStandard.violations(pod.getSpec()));
    }
}
