package io.clawpod.spawner.plan;

import java.util.Map;

/**
 * What the cluster decides and a plan depends on.
 *
 * @param proxyClusterIp spec.clusterIP of the credential proxy's Service, or what is set instead of it
 * @param claims by their names; one that is not here is not known, and taken to be usable
 */
public record ClusterFacts(String proxyClusterIp, Map<String, ClaimState> claims) {
    public ClusterFacts {
        claims = Map.copyOf(claims);
    }

    /** Of no claim anything is known. */
    public ClusterFacts(String proxyClusterIp) {
        this(proxyClusterIp, Map.of());
    }

    /** The same, with what is known of claims. */
    public ClusterFacts withClaims(Map<String, ClaimState> known) {
        return new ClusterFacts(proxyClusterIp, known);
    }
}
