package io.clawpod.spawner.docker.engine;

import java.util.List;

/** Calls of the Docker Engine API that pods cannot do, with what does instead. */
final class RefusedCalls {
    /** @param path as in the API reference, {@code {id}} for one part and {@code {name}} for any number */
    record Refused(String method, String path, String why, String instead) {}

    private static final String BUILD = "nodes pull images and do not build them";
    private static final String BUILD_INSTEAD =
            "build with a builder of your own (docker buildx, or any other daemon) and push to the registry that the"
                    + " cluster pulls from";
    private static final String NETWORKS =
            "networks are the cluster's, and its network policies decide who reaches whom";
    private static final String NETWORKS_INSTEAD =
            "use --network with the name of a policy class, and manage policies with kubectl";
    private static final String VOLUMES = "volumes are the cluster's";
    private static final String VOLUMES_INSTEAD =
            "make a PersistentVolumeClaim and a volume rule for it, then mount host paths with -v";
    private static final String FILES = "images lie in registries, and no file of one is read or written here";
    private static final String FILES_INSTEAD =
            "use a client that speaks to the registry (skopeo copy, crane push, crane pull)";
    private static final String SWARM = "this is no Swarm; Kubernetes orchestrates";
    private static final String SWARM_INSTEAD = "use kubectl";

    static final List<Refused> ALL = List.of(
            new Refused("POST", "/build", BUILD, BUILD_INSTEAD),
            new Refused("POST", "/build/prune", BUILD, BUILD_INSTEAD),
            new Refused("POST", "/session", BUILD, BUILD_INSTEAD),
            new Refused("POST", "/grpc", BUILD, BUILD_INSTEAD),
            new Refused(
                    "POST",
                    "/auth",
                    "images are pulled by the cluster's nodes, with the pull Secrets of the spawner's settings",
                    "push with a client of your own, and configure clawpod.images.pull-secrets"),
            new Refused("POST", "/commit", BUILD, BUILD_INSTEAD),
            new Refused(
                    "POST",
                    "/containers/{id}/pause",
                    "Kubernetes cannot freeze a container",
                    "stop it with docker stop"),
            new Refused("POST", "/containers/{id}/unpause", "Kubernetes cannot freeze a container", "leave it out"),
            new Refused(
                    "POST",
                    "/containers/{id}/update",
                    "a session's limits are part of what it is",
                    "stop it and run it with others"),
            new Refused(
                    "GET",
                    "/containers/{id}/changes",
                    "a node does not tell what changed in a container",
                    "look with docker exec"),
            new Refused(
                    "GET",
                    "/containers/{id}/export",
                    "a node does not hand out a container's files",
                    "copy what you need with docker cp"),
            new Refused(
                    "GET",
                    "/containers/{id}/attach/ws",
                    "attaching is by an upgraded connection",
                    "use POST .../attach"),
            new Refused(
                    "POST",
                    "/containers/prune",
                    "sessions that have ended go by themselves once their retention is over",
                    "remove single ones with docker rm"),
            new Refused("POST", "/images/load", FILES, FILES_INSTEAD),
            new Refused("GET", "/images/get", FILES, FILES_INSTEAD),
            new Refused("GET", "/images/{name}/get", FILES, FILES_INSTEAD),
            new Refused(
                    "GET",
                    "/images/search",
                    "registries of the OCI have no search",
                    "look where the registry's own pages list its images"),
            new Refused(
                    "POST",
                    "/images/prune",
                    "each node removes images that it has not run for long by itself (kubelet, image garbage collection)",
                    "leave it out"),
            new Refused(
                    "DELETE",
                    "/images/{name}",
                    "an image is its registry's, and others may pull it",
                    "delete it in the registry; nodes remove their own copies by themselves"),
            new Refused("POST", "/networks/create", NETWORKS, NETWORKS_INSTEAD),
            new Refused("POST", "/networks/prune", NETWORKS, NETWORKS_INSTEAD),
            new Refused("POST", "/networks/{id}/connect", NETWORKS, NETWORKS_INSTEAD),
            new Refused("POST", "/networks/{id}/disconnect", NETWORKS, NETWORKS_INSTEAD),
            new Refused("DELETE", "/networks/{id}", NETWORKS, NETWORKS_INSTEAD),
            new Refused("POST", "/volumes/create", VOLUMES, VOLUMES_INSTEAD),
            new Refused("POST", "/volumes/prune", VOLUMES, VOLUMES_INSTEAD),
            new Refused("DELETE", "/volumes/{id}", VOLUMES, VOLUMES_INSTEAD),
            new Refused("POST", "/swarm/init", SWARM, SWARM_INSTEAD),
            new Refused("POST", "/swarm/join", SWARM, SWARM_INSTEAD),
            new Refused("GET", "/swarm", SWARM, SWARM_INSTEAD),
            new Refused("GET", "/nodes", SWARM, SWARM_INSTEAD),
            new Refused("GET", "/services", SWARM, SWARM_INSTEAD),
            new Refused("POST", "/services/create", SWARM, SWARM_INSTEAD),
            new Refused("GET", "/tasks", SWARM, SWARM_INSTEAD),
            new Refused("GET", "/secrets", SWARM, SWARM_INSTEAD),
            new Refused("GET", "/configs", SWARM, SWARM_INSTEAD),
            new Refused("GET", "/plugins", "Docker plugins have no place in a cluster", "leave it out"));

    private RefusedCalls() {}
}
