package io.clawpod.spawner.plan;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.session.Mount;
import io.clawpod.spawner.session.SessionSpec;
import io.clawpod.spawner.session.Tmpfs;
import io.clawpod.spawner.volume.Ownership;
import io.clawpod.spawner.volume.VolumeRules;
import io.clawpod.spawner.volume.VolumeSource;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A pod's volumes and where they are mounted: one volume for each source, whatever the number of mounts from it. */
final class VolumePlan {
    private final Map<Object, Volume> volumes = new LinkedHashMap<>();
    private final List<VolumeMount> mounts = new ArrayList<>();
    private final List<VolumeMount> toBeOwned = new ArrayList<>();
    private final EnumSet<Ownership> ownerships = EnumSet.noneOf(Ownership.class);
    private final TreeSet<String> nodes = new TreeSet<>();
    private final TreeSet<String> oneNodeClaims = new TreeSet<>();
    private final TreeSet<String> pinnedClaims = new TreeSet<>();
    private final FilePlan files = new FilePlan();
    private final List<String> notes = new ArrayList<>();
    private final ClusterFacts facts;
    private final String namespace;

    private VolumePlan(ClusterFacts facts, String namespace) {
        this.facts = facts;
        this.namespace = namespace;
    }

    /**
     * @param secret name of the Secret that the small files come in
     * @param namespace of the claims
     * @throws InvalidValue if a mount lies outside every rule or in a claim that cannot be used, or two mounts need different
     *     nodes
     */
    static VolumePlan of(SessionSpec spec, MountReview review, String secret, ClusterFacts facts, String namespace) {
        VolumePlan plan = new VolumePlan(facts, namespace);
        for (int i = 0; i < spec.mounts().size(); i++) {
            plan.add(i, spec.mounts().get(i), review.decisions().get(i), review.rules());
        }
        if (!plan.files.isEmpty()) {
            plan.volumes.put("files", plan.files.volume(secret));
        }
        for (Tmpfs tmpfs : spec.tmpfs()) {
            plan.addMemory(tmpfs.path(), tmpfs.sizeBytes());
        }
        Long shm = spec.resources().shmBytes();
        if (shm != null) {
            plan.addMemory(SessionSpec.SHARED_MEMORY, shm);
        }
        return plan;
    }

    private void add(int index, Mount mount, MountDecision decision, VolumeRules rules) {
        String field = "mounts[" + index + "]";
        String shown = field + " (" + mount.hostPath() + " at " + mount.containerPath() + ") ";
        if (decision instanceof MountDecision.Refuse refuse) {
            throw new InvalidValue(field + ".hostPath", refuse.fault(), refuse.remedy());
        }
        if (decision instanceof MountDecision.Drop drop) {
            notes.add(shown + "is left out: " + drop.why());
        } else if (decision instanceof MountDecision.Carry carry) {
            if (carry.note() != null) {
                notes.add(shown + "is read-only: " + carry.note());
            }
            mounts.add(files.add(index, mount.containerPath(), carry));
        } else if (decision instanceof MountDecision.Place place) {
            if (place.note() != null) {
                notes.add(shown + "is read-only: " + place.note());
            }
            place(new Mount(place.hostPath(), mount.containerPath(), place.readOnly()), rules, field);
        }
    }

    private void place(Mount mount, VolumeRules rules, String field) {
        VolumeRules.Placement placement = rules.place(mount).orElseThrow(() -> outside(rules, field));
        VolumeSource source = placement.rule().source();
        int before = mounts.size();
        if (source instanceof VolumeSource.Claim claim) {
            use(claim, field);
            Volume volume = volumes.computeIfAbsent(
                    "pvc:" + claim.name(),
                    key -> volume("claim")
                            .withNewPersistentVolumeClaim(claim.name(), null)
                            .build());
            mount(volume, mount, join(claim.subPath(), placement.relativePath()));
        } else if (source instanceof VolumeSource.Nfs nfs) {
            Volume volume = volumes.computeIfAbsent(
                    source,
                    key -> volume("nfs")
                            .withNewNfs()
                            .withServer(nfs.server())
                            .withPath(nfs.path())
                            .endNfs()
                            .build());
            mount(volume, mount, placement.relativePath());
        } else if (source instanceof VolumeSource.HostPath hostPath) {
            // A volume for each path: hostPath also takes single files, and makes no folder that is missing.
            Volume volume = volumes.computeIfAbsent(
                    "hostPath:" + mount.hostPath(),
                    key -> volume("host")
                            .withNewHostPath(mount.hostPath(), null)
                            .build());
            mount(volume, mount, "");
            pin(hostPath.node(), field);
        }
        ownerships.add(placement.rule().ownership());
        if (placement.rule().ownership() == Ownership.CHOWN && !mount.readOnly()) {
            toBeOwned.addAll(mounts.subList(before, mounts.size()));
        }
    }

    private void pin(@Nullable String node, String field) {
        if (node != null) {
            nodes.add(node);
        }
        if (nodes.size() > 1) {
            throw new InvalidValue(
                    field + ".hostPath",
                    "lies on another node than the mounts before it",
                    "mount paths of one node, or put them on a volume that all nodes reach");
        }
    }

    private void use(VolumeSource.Claim claim, String field) {
        ClaimState state = facts.claims().getOrDefault(claim.name(), ClaimState.USABLE);
        String what = "PersistentVolumeClaim " + namespace + "/" + claim.name();
        switch (state) {
            case MISSING ->
                throw new InvalidValue(
                        field + ".hostPath",
                        "lies in " + what + ", which is not there",
                        "make the claim, or correct the volume rule that names it");
            case LOST ->
                throw new InvalidValue(
                        field + ".hostPath",
                        "lies in " + what + ", which has lost its PersistentVolume",
                        "restore the volume, or make the claim anew");
            case ONE_NODE -> oneNodeClaims.add(claim.name());
            case USABLE -> {}
        }
        if (claim.node() != null) {
            pinnedClaims.add(claim.name());
        }
        pin(claim.node(), field);
    }

    private static InvalidValue outside(VolumeRules rules, String field) {
        List<String> prefixes = rules.prefixes();
        return new InvalidValue(
                field + ".hostPath",
                "lies outside every volume rule",
                prefixes.isEmpty()
                        ? "configure clawpod.volumes.rules"
                        : "mount what lies below " + String.join(" or ", prefixes) + ", or add a rule");
    }

    private void addMemory(String path, @Nullable Long sizeBytes) {
        Volume volume = volume("memory")
                .withNewEmptyDir()
                .withMedium("Memory")
                .withSizeLimit(sizeBytes == null ? null : new Quantity(Long.toString(sizeBytes)))
                .endEmptyDir()
                .build();
        volumes.put("memory:" + path, volume);
        mounts.add(new VolumeMountBuilder()
                .withName(volume.getName())
                .withMountPath(path)
                .build());
    }

    private VolumeBuilder volume(String kind) {
        return new VolumeBuilder().withName(kind + "-" + volumes.size());
    }

    private void mount(Volume volume, Mount mount, String subPath) {
        mounts.add(new VolumeMountBuilder()
                .withName(volume.getName())
                .withMountPath(mount.containerPath())
                .withSubPath(subPath.isEmpty() ? null : subPath)
                .withReadOnly(mount.readOnly() ? Boolean.TRUE : null)
                .build());
    }

    private static String join(String parent, String child) {
        return parent.isEmpty() || child.isEmpty() ? parent + child : parent + "/" + child;
    }

    List<Volume> volumes() {
        return List.copyOf(volumes.values());
    }

    /** What became of mounts that the host's allowlist does not let be as they were asked for. */
    List<String> notes() {
        return List.copyOf(notes);
    }

    FilePlan files() {
        return files;
    }

    List<VolumeMount> mounts() {
        return List.copyOf(mounts);
    }

    /** The mounts that the session's user has to be made the owner of. */
    List<VolumeMount> toBeOwned() {
        return List.copyOf(toBeOwned);
    }

    /** Whether the kubelet may change volumes for the session's group: it does so for all of a pod's or for none. */
    boolean forGroup() {
        return ownerships.isEmpty() || ownerships.contains(Ownership.FS_GROUP);
    }

    /** By which pods that share a claim that only one node at a time can use find each other. */
    Map<String, String> labels() {
        Map<String, String> labels = new LinkedHashMap<>();
        oneNodeClaims.forEach(claim -> labels.put(ClaimAffinity.label(claim), ClaimAffinity.VALUE));
        return labels;
    }

    /** With which pods the pod must share its node, if it must. */
    @Nullable
    Affinity affinity() {
        return ClaimAffinity.of(oneNodeClaims.stream()
                .filter(claim -> !pinnedClaims.contains(claim))
                .toList());
    }

    /** The node that the pod must run on, if its volumes tie it to one. */
    @Nullable
    String node() {
        return nodes.isEmpty() ? null : nodes.first();
    }
}
