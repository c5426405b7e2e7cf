package io.clawpod.spawner.session;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * An image as its registry has it, for the platform of the cluster. Immutable.
 *
 * @param reference its full name with tag or digest, shortened as Docker does for Docker Hub
 * @param name the reference without tag and digest
 * @param digest of what the reference names: an index if the image has one, else a manifest
 * @param configDigest of its configuration, which Docker calls the image's id
 * @param created absent if it does not say
 * @param size of all layers as the registry keeps them, in bytes
 * @param env as {@code name=value}
 * @param layers digests of the unpacked layers, the lowest first
 * @param history how it was made, the oldest step first
 */
public record ImageInfo(
        String reference,
        String name,
        String digest,
        String configDigest,
        @Nullable Instant created,
        String os,
        String architecture,
        long size,
        List<String> env,
        List<String> cmd,
        List<String> entrypoint,
        String workdir,
        String user,
        SortedMap<String, String> labels,
        List<String> layers,
        List<Step> history) {
    public ImageInfo {
        env = List.copyOf(env);
        cmd = List.copyOf(cmd);
        entrypoint = List.copyOf(entrypoint);
        labels = Collections.unmodifiableSortedMap(labels);
        layers = List.copyOf(layers);
        history = List.copyOf(history);
    }

    /**
     * A step of the build.
     *
     * @param size of the layer that it made, as the registry keeps it, in bytes; 0 if it made none
     */
    public record Step(@Nullable Instant created, String createdBy, String comment, long size) {}

    /** Whether it was asked for by a tag, and not by its digest. */
    public boolean isTagged() {
        return !reference.contains("@");
    }
}
