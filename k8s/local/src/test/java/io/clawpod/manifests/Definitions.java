package io.clawpod.manifests;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The definitions of kinds that operators bring, from the folder that CLAWPOD_TEST_DEFINITIONS names; .ci/run fills it. */
final class Definitions {
    /** The kinds of operators that the manifests use. */
    static final Set<String> NEEDED = Set.of("ServiceMonitor", "PrometheusRule", "CiliumNetworkPolicy");

    static final String ABSENT = "CLAWPOD_TEST_DEFINITIONS names no folder: " + NEEDED + " were not checked";

    private static final @Nullable String FOLDER = System.getenv("CLAWPOD_TEST_DEFINITIONS");

    private Definitions() {}

    static boolean areGiven() {
        return FOLDER != null;
    }

    /** Those of the folder; none where there is no folder. */
    static List<CustomResourceDefinition> given() {
        if (FOLDER == null) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(Path.of(FOLDER))) {
            return files.sorted().map(Definitions::read).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static CustomResourceDefinition read(Path file) {
        try {
            return new KubernetesSerialization().unmarshal(Files.readString(file), CustomResourceDefinition.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
