package io.clawpod.spawner.testing;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * A folder of this machine, which is the cluster's one node as well, behind a claim of a {@link TestNamespace}: what a host
 * that runs on the node shares with its agents. Root makes it and owns it. Closing it removes both.
 */
public final class HostFolder implements AutoCloseable {
    private final TestNamespace namespace;
    private final Path path;
    private final String volume;

    /** How the node comes to it. */
    public enum Kind {
        /** The kubelet mounts it as it is. */
        HOST_PATH,
        /** The kubelet also gives it to a pod's fsGroup. */
        LOCAL
    }

    /** @param claim its name in the namespace */
    public HostFolder(TestNamespace namespace, String claim, Kind kind) {
        this.namespace = namespace;
        this.volume = namespace.name() + "-" + claim;
        try {
            path = Files.createTempDirectory("clawpod-host");
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        namespace.client().resource(volume(claim, kind)).create();
        namespace.client().resource(claim(claim)).create();
    }

    private PersistentVolume volume(String claim, Kind kind) {
        PersistentVolumeBuilder builder = new PersistentVolumeBuilder()
                .withNewMetadata()
                .withName(volume)
                .endMetadata()
                .withNewSpec()
                .withStorageClassName("")
                .withAccessModes("ReadWriteMany")
                .addToCapacity("storage", new Quantity("1Gi"))
                .withPersistentVolumeReclaimPolicy("Retain")
                .withNewClaimRef()
                .withNamespace(namespace.name())
                .withName(claim)
                .endClaimRef()
                .endSpec();
        if (kind == Kind.HOST_PATH) {
            return builder.editSpec()
                    .withNewHostPath(path.toString(), "Directory")
                    .endSpec()
                    .build();
        }
        return builder.editSpec()
                .withNewLocal(null, path.toString())
                .withNewNodeAffinity()
                .withNewRequired()
                .addNewNodeSelectorTerm()
                .addNewMatchExpression()
                .withKey("kubernetes.io/os")
                .withOperator("Exists")
                .endMatchExpression()
                .endNodeSelectorTerm()
                .endRequired()
                .endNodeAffinity()
                .endSpec()
                .build();
    }

    private PersistentVolumeClaim claim(String claim) {
        return new PersistentVolumeClaimBuilder()
                .withNewMetadata()
                .withNamespace(namespace.name())
                .withName(claim)
                .endMetadata()
                .withNewSpec()
                .withStorageClassName("")
                .withVolumeName(volume)
                .withAccessModes("ReadWriteMany")
                .withNewResources()
                .addToRequests("storage", new Quantity("1Gi"))
                .endResources()
                .endSpec()
                .build();
    }

    /** Where this machine has it. */
    public Path path() {
        return path;
    }

    @Override
    public void close() {
        namespace.client().persistentVolumes().withName(volume).delete();
        try (Stream<Path> below = Files.walk(path)) {
            below.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
