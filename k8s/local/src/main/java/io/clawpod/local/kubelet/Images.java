package io.clawpod.local.kubelet;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The images that the node can pull: folders, whose {@code bin} comes first on the PATH of the container. */
final class Images {
    private final Map<String, Path> folders = new ConcurrentHashMap<>();

    void register(String image, Path folder) {
        folders.put(normal(image), folder.toAbsolutePath());
    }

    /** @return null when there is no such image */
    @Nullable
    Path find(String image) {
        return folders.get(normal(image));
    }

    /** The tag is {@code latest} when none is given; a colon before the last slash belongs to a registry's port. */
    private static String normal(String image) {
        boolean tagged = image.indexOf(':', image.lastIndexOf('/') + 1) >= 0 || image.contains("@");
        return tagged ? image : image + ":latest";
    }
}
