package io.clawpod.local.kubelet;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The folder of one pod, whose {@code root} stands in for the container's file system. Each mount is a symlink from its
 * place below {@code root} to its source; a mount inside another lies in {@code root/.nested} instead, since a link
 * inside the outer one would be written into the source. Paths that lie under a mount are rewritten; nothing is hidden,
 * and {@code readOnly} is not enforced.
 */
final class PodFolder {
    private static final Pattern NEVER = Pattern.compile("(?!)");

    private final Path folder;
    private final Map<String, String> places = new LinkedHashMap<>();
    private Pattern mounted = NEVER;

    /** A volume cannot be mounted yet, or ever. */
    static final class MountFailure extends Exception {
        MountFailure(String message) {
            super(message);
        }
    }

    PodFolder(Path folder) throws IOException {
        this.folder = folder;
        Files.createDirectories(root());
    }

    Path root() {
        return folder.resolve("root");
    }

    Path file(String name) {
        return folder.resolve(name);
    }

    /** Makes the links; a repeated call makes them anew. */
    void mount(Pod pod, Container container) throws MountFailure, IOException {
        Map<String, Path> sources = new HashMap<>();
        for (Volume volume : Objects.requireNonNullElse(pod.getSpec().getVolumes(), List.<Volume>of())) {
            sources.put(volume.getName(), source(volume));
        }
        deleteRecursively(root());
        Files.createDirectories(root());
        places.clear();
        List<VolumeMount> mounts = new ArrayList<>(container.getVolumeMounts());
        mounts.sort(Comparator.comparing(VolumeMount::getMountPath));
        List<String> outer = new ArrayList<>();
        for (VolumeMount mount : mounts) {
            Path source = sources.get(mount.getName());
            String at = mount.getMountPath().replaceAll("/+$", "");
            if (source == null) {
                throw new MountFailure("no volume \"" + mount.getName() + "\" for the mount at " + at);
            }
            if (mount.getSubPath() != null && !mount.getSubPath().isEmpty()) {
                source = source.resolve(mount.getSubPath()).normalize();
            }
            boolean nested = outer.stream().anyMatch(path -> at.startsWith(path + "/"));
            Path link = nested
                    ? root().resolve(".nested").resolve(outer.size() + at.replace('/', '_'))
                    : root().resolve(at.substring(1));
            Files.createDirectories(Objects.requireNonNull(link.getParent()));
            Files.createSymbolicLink(link, source);
            places.put(at, link.toString());
            outer.add(at);
        }
        for (String path : outer) {
            addParents(path);
        }
        mounted = places.isEmpty()
                ? NEVER
                : Pattern.compile("(?<![\\w./-])("
                        + places.keySet().stream()
                                .sorted(Comparator.comparing(String::length).reversed())
                                .map(Pattern::quote)
                                .collect(Collectors.joining("|"))
                        + ")(?![\\w.-])");
    }

    /**
     * A folder that has a mount somewhere below, such as the home of a mounted {@code .claude}, lies below the root too;
     * not so {@code /usr} and others that this machine has, or its programs could not be named.
     */
    private void addParents(String mountPath) {
        int slash = mountPath.lastIndexOf('/');
        while (slash > 0) {
            String parent = mountPath.substring(0, slash);
            if (!Files.exists(Path.of(parent))) {
                places.putIfAbsent(parent, root().resolve(parent.substring(1)).toString());
            }
            slash = parent.lastIndexOf('/');
        }
    }

    private Path source(Volume volume) throws MountFailure, IOException {
        if (volume.getHostPath() != null) {
            Path path = Path.of(volume.getHostPath().getPath());
            String type = Objects.requireNonNullElse(volume.getHostPath().getType(), "");
            if (type.equals("DirectoryOrCreate")) {
                Files.createDirectories(path);
            } else if (type.equals("FileOrCreate") && !Files.exists(path)) {
                Files.createFile(path);
            }
            boolean fits = switch (type) {
                case "Directory" -> Files.isDirectory(path);
                case "File" -> Files.isRegularFile(path);
                default -> Files.exists(path);
            };
            if (!fits) {
                throw new MountFailure("MountVolume.SetUp failed for volume \"" + volume.getName()
                        + "\" : hostPath type check failed: " + path + " is not a "
                        + (type.isEmpty() ? "file or directory" : type.toLowerCase(Locale.ROOT)));
            }
            return path;
        }
        if (volume.getEmptyDir() != null) {
            return Files.createDirectories(folder.resolve("volumes").resolve(volume.getName()));
        }
        throw new MountFailure(
                "volume \"" + volume.getName() + "\": the embedded cluster mounts hostPath and emptyDir alone");
    }

    /** Rewrites every absolute path in {@code text} that lies under a mount, or is a folder around one. */
    String rewrite(String text) {
        return mounted.matcher(text)
                .replaceAll(match -> Matcher.quoteReplacement(Objects.requireNonNull(places.get(match.group(1)))));
    }

    void delete() throws IOException {
        deleteRecursively(folder);
    }

    /** Deletes links, and never what they lead to. */
    static void deleteRecursively(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            try (var children = Files.list(path)) {
                for (Path child : children.toList()) {
                    deleteRecursively(child);
                }
            }
        }
        Files.deleteIfExists(path);
    }
}
