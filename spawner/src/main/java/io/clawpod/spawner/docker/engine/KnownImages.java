package io.clawpod.spawner.docker.engine;

import io.clawpod.spawner.session.ImageInfo;
import io.clawpod.spawner.session.Session;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What registries have said lately of images, for lists, which do not ask. Thread-safe. */
final class KnownImages {
    private static final int MAX = 256;

    private final Map<String, ImageInfo> byName = new LinkedHashMap<>();

    /** @param name as it was asked for */
    synchronized void take(String name, ImageInfo image) {
        byName.remove(name);
        byName.put(name, image);
        if (byName.size() > MAX) {
            byName.remove(byName.keySet().iterator().next());
        }
    }

    synchronized void forget(String name) {
        byName.remove(name);
    }

    /** @param image as a pod names it */
    synchronized @Nullable ImageInfo of(String image) {
        ImageInfo exact = byName.get(image);
        if (exact != null) {
            return exact;
        }
        String full = ImageViews.tagged(image);
        return byName.values().stream()
                .filter(info -> info.reference().equals(full))
                .findFirst()
                .orElse(null);
    }

    /** @param id of the configuration, or the beginning of it, with or without {@code sha256:} */
    synchronized @Nullable ImageInfo byId(String id) {
        String hex = ImageViews.hex(id);
        return byName.values().stream()
                .filter(info -> ImageViews.hex(info.configDigest()).startsWith(hex)
                        || ImageViews.hex(info.digest()).startsWith(hex))
                .findFirst()
                .orElse(null);
    }

    /** The sessions of each image, by its name in the pod. */
    static Map<String, List<Session>> byImage(List<Session> sessions) {
        Map<String, List<Session>> byImage = new TreeMap<>();
        sessions.forEach(session -> byImage.computeIfAbsent(session.image(), image -> new ArrayList<>())
                .add(session));
        return byImage;
    }
}
