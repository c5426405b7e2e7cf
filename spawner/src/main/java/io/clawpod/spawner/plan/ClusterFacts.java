package io.clawpod.spawner.plan;

/**
 * What the cluster decides and a plan depends on.
 *
 * @param proxyClusterIp spec.clusterIP of the credential proxy's Service
 */
public record ClusterFacts(String proxyClusterIp) {}
