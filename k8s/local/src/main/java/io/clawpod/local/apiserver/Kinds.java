package io.clawpod.local.apiserver;

import java.util.Map;

/** The kinds behind the resources of which lists are made; the mock itself calls every list {@code List}. */
final class Kinds {
    private static final Map<String, String> BY_PLURAL = Map.ofEntries(
            Map.entry("pods", "Pod"),
            Map.entry("secrets", "Secret"),
            Map.entry("services", "Service"),
            Map.entry("configmaps", "ConfigMap"),
            Map.entry("namespaces", "Namespace"),
            Map.entry("nodes", "Node"),
            Map.entry("events", "Event"),
            Map.entry("serviceaccounts", "ServiceAccount"),
            Map.entry("persistentvolumeclaims", "PersistentVolumeClaim"),
            Map.entry("endpoints", "Endpoints"),
            Map.entry("endpointslices", "EndpointSlice"),
            Map.entry("leases", "Lease"),
            Map.entry("jobs", "Job"),
            Map.entry("deployments", "Deployment"),
            Map.entry("networkpolicies", "NetworkPolicy"),
            Map.entry("roles", "Role"),
            Map.entry("rolebindings", "RoleBinding"));

    private Kinds() {}

    static String of(ResourcePath collection) {
        return BY_PLURAL.getOrDefault(collection.plural(), "");
    }
}
