package io.clawpod.spawner.cli;

import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Asks the cluster about claims. */
@FunctionalInterface
public interface Claims {
    /**
     * Blocks.
     *
     * @param namespace of the claims
     * @return for each name what is wrong with its claim, or empty if it can be used
     */
    Map<String, Optional<String>> faults(String namespace, Set<String> names);
}
