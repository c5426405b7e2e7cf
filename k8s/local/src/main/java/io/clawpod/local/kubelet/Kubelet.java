package io.clawpod.local.kubelet;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clawpod.local.apiserver.Change;
import io.clawpod.local.apiserver.ObjectStore;
import io.clawpod.local.apiserver.PodLogs;
import io.clawpod.local.apiserver.ResourcePath;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/** Takes every pod of the cluster to its one node, {@value #NODE}, and runs it there. */
public final class Kubelet implements PodLogs, AutoCloseable {
    /** The name of the node. */
    public static final String NODE = "local";

    private static final ObjectMapper JSON = new ObjectMapper();

    static final String HOST_IP = "127.0.0.1";

    private final ObjectStore store;
    private final Path folder;
    private final Guard guard;
    private final Clock clock;
    private final Images images = new Images();
    private final PodAddresses addresses = new PodAddresses();
    private final Services services;
    private final Map<String, PodWorker> workers = new ConcurrentHashMap<>();
    private final Closeable subscription;

    /** @param folder where the folders of pods are made, one for each, named by its uid */
    public Kubelet(ObjectStore store, Path folder, Guard guard, Clock clock) {
        this.store = store;
        this.folder = folder;
        this.guard = guard;
        this.clock = clock;
        services = new Services(store);
        subscription = store.follow(ResourcePath.core(null, "pods", null), this::onChange);
    }

    /** Makes an image known: its name, and a folder whose {@code bin} has its programs. */
    public void registerImage(String image, Path imageFolder) {
        images.register(image, imageFolder);
    }

    /** Whether every pod has an address of its own; only Linux can do that. */
    public boolean distinctAddresses() {
        return addresses.distinct();
    }

    /** The live processes of a pod, the container's first one first; empty when nothing of it runs. */
    public List<ProcessHandle> processes(String podUid) {
        PodWorker worker = workers.get(podUid);
        return worker == null ? List.of() : worker.processes();
    }

    /** Called under the lock of the store, so it only hands on. */
    private void onChange(Change change) {
        ObjectNode latest = change.latest();
        String uid = latest.path("metadata").path("uid").asText();
        if (change.after() == null) {
            PodWorker worker = workers.remove(uid);
            if (worker != null) {
                worker.removed();
            }
            return;
        }
        Pod pod = JSON.convertValue(latest, Pod.class);
        PodWorker worker = workers.get(uid);
        if (worker == null) {
            if (!Objects.requireNonNullElse(pod.getSpec().getSchedulingGates(), List.of())
                    .isEmpty()) {
                return; // Scheduled when the last gate is taken away, which is another change.
            }
            worker = new PodWorker(pod, store, images, addresses, services, guard, clock, folder.resolve(uid));
            workers.put(uid, worker);
            worker.start();
        }
        if (pod.getMetadata().getDeletionTimestamp() != null) {
            Long grace = pod.getMetadata().getDeletionGracePeriodSeconds();
            worker.terminate(Objects.requireNonNullElse(grace, 30L));
        }
    }

    @Override
    public Reader open(Pod pod, Selection selection) throws Unavailable {
        String uid = pod.getMetadata().getUid();
        String only = pod.getSpec().getContainers().get(0).getName();
        String name = pod.getMetadata().getName();
        if (selection.container() != null && !selection.container().equals(only)) {
            throw new Unavailable("container " + selection.container() + " is not valid for pod " + name);
        }
        PodWorker worker = workers.get(uid);
        PodLog log = worker == null ? null : worker.log();
        if (log == null) {
            String why = worker == null ? "ContainerCreating" : worker.waitingReason();
            throw new Unavailable("container \"" + only + "\" in pod \"" + name + "\" is waiting to start: " + why);
        }
        return log.reader(selection);
    }

    /** Kills every pod's processes and deletes their folders. */
    @Override
    public void close() throws IOException {
        subscription.close();
        workers.values().forEach(PodWorker::removed);
        for (PodWorker worker : workers.values()) {
            worker.join();
        }
        PodFolder.deleteRecursively(folder);
    }
}
