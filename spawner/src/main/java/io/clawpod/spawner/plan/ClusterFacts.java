package io.clawpod.spawner.plan;

/**
 * What the cluster decides and a plan depends on.
 *
 * @param proxyClusterIp spec.clusterIP of the credential proxy's Service, or what is set instead of it
 */
public record ClusterFacts(String proxyClusterIp) {}
