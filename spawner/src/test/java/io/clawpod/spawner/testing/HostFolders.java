package io.clawpod.spawner.testing;

import io.fabric8.kubernetes.api.model.PersistentVolumeBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A host's file system in a folder of this machine, whose disk is the test cluster's node's too, with claims for parts of it.
 * Closing it deletes the volumes.
 */
public final class HostFolders implements AutoCloseable {
    private final TestNamespace namespace;
    private final Path root;
    private final List<String> volumes = new ArrayList<>();

    public HostFolders(TestNamespace namespace) {
        this.namespace = namespace;
        try {
            root = Files.createTempDirectory("clawpod-host");
            Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where the host's {@code /} is. */
    public Path root() {
        return root;
    }

    /** A folder of the host that every user may write. */
    public Path folder(String path) {
        try {
            Path folder = Files.createDirectories(root.resolve(path.substring(1)));
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A file of the host that only its owner may write, but everybody read. */
    public Path file(String path, String text) {
        try {
            Path file = root.resolve(path.substring(1));
            folder(path.substring(0, path.lastIndexOf('/')));
            Files.writeString(file, text);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public void link(String path, String target) {
        try {
            Files.createSymbolicLink(root.resolve(path.substring(1)), Path.of(target));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A claim that a folder of the host is bound to. */
    public void claim(String name, String mode, String path) {
        String volume = namespace.name() + "-" + name;
        volumes.add(volume);
        namespace
                .client()
                .resource(new PersistentVolumeBuilder()
                        .withNewMetadata()
                        .withName(volume)
                        .endMetadata()
                        .withNewSpec()
                        .withStorageClassName("")
                        .withAccessModes(mode)
                        .addToCapacity("storage", new Quantity("1Gi"))
                        .withNewHostPath(folder(path).toString(), "Directory")
                        .withNewClaimRef()
                        .withNamespace(namespace.name())
                        .withName(name)
                        .endClaimRef()
                        .endSpec()
                        .build())
                .create();
        unboundClaim(name, mode, volume, Map.of());
    }

    /** A claim for a volume that need not be there. */
    public void unboundClaim(String name, String mode, String volume, Map<String, String> annotations) {
        namespace
                .client()
                .resource(new PersistentVolumeClaimBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace.name())
                        .withName(name)
                        .withAnnotations(new TreeMap<>(annotations))
                        .endMetadata()
                        .withNewSpec()
                        .withStorageClassName("")
                        .withVolumeName(volume)
                        .withAccessModes(mode)
                        .withNewResources()
                        .addToRequests("storage", new Quantity("1Gi"))
                        .endResources()
                        .endSpec()
                        .build())
                .create();
    }

    /** The phase of a claim. */
    public String phase(String claim) {
        return namespace
                .client()
                .persistentVolumeClaims()
                .inNamespace(namespace.name())
                .withName(claim)
                .get()
                .getStatus()
                .getPhase();
    }

    @Override
    public void close() {
        volumes.forEach(volume ->
                namespace.client().persistentVolumes().withName(volume).delete());
    }
}
