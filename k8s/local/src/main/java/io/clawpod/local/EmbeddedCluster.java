package io.clawpod.local;

import io.clawpod.local.apiserver.ApiServer;
import io.clawpod.local.apiserver.ObjectStore;
import io.clawpod.local.kubelet.Guard;
import io.clawpod.local.kubelet.Kubelet;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A cluster in this JVM: an API server on a free loopback port, and a node that runs pods as processes of this machine. Any
 * Kubernetes client can use it by {@link #apiServerUrl()}. It may be used from every thread.
 *
 * <p>Pods need images that are folders ({@link #registerImage}), and volumes of the kinds hostPath and emptyDir. Services
 * need EndpointSlices written by whoever runs their backends. Nothing is isolated, and whoever reaches the port is let in.
 */
public final class EmbeddedCluster implements AutoCloseable {
    private final Path folder;
    private final Vertx vertx;
    private final Guard guard;
    private final Kubelet kubelet;
    private final ApiServer apiServer;

    private EmbeddedCluster(Path folder) throws IOException {
        this.folder = folder;
        vertx = Vertx.vertx(
                new VertxOptions().setEventLoopPoolSize(2).setWorkerPoolSize(2).setInternalBlockingPoolSize(2));
        guard = new Guard(folder);
        ObjectStore store = new ObjectStore();
        kubelet = new Kubelet(store, folder.resolve("pods"), guard, Clock.systemUTC());
        apiServer = new ApiServer(vertx, store, kubelet);
    }

    /**
     * Starts a cluster without anything in it, in a new temporary folder.
     *
     * @throws UncheckedIOException if the folder cannot be made or no port is free
     */
    public static EmbeddedCluster start() {
        try {
            return new EmbeddedCluster(Files.createTempDirectory("clawpod-local-"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The URL of the API server, plain HTTP, such as {@code http://127.0.0.1:40123}. */
    public String apiServerUrl() {
        return apiServer.url();
    }

    /**
     * Makes an image known to the node.
     *
     * @param image as pods name it; without a tag, {@code latest} is meant
     * @param imageFolder its {@code bin} comes first on the PATH of the container
     */
    public void registerImage(String image, Path imageFolder) {
        kubelet.registerImage(image, imageFolder);
    }

    /**
     * Makes TokenReviews of {@code token} succeed, for a ServiceAccount.
     *
     * @param audiences a review that asks for none of these fails
     */
    public void registerToken(String token, String namespace, String serviceAccount, Set<String> audiences) {
        apiServer.registerToken(token, namespace, serviceAccount, audiences);
    }

    /** The live processes of a pod, the container's first one first; empty when nothing of it runs. */
    public List<ProcessHandle> processes(String podUid) {
        return kubelet.processes(podUid);
    }

    /** Whether every pod has an address of its own, so that a backend can tell pods apart; only on Linux. */
    public boolean distinctPodAddresses() {
        return kubelet.distinctAddresses();
    }

    /** Starts other processes that must not outlive this JVM. */
    public Guard guard() {
        return guard;
    }

    /** The folder of the cluster; it is deleted when the cluster is closed. */
    public Path folder() {
        return folder;
    }

    /** Kills all processes of all pods, stops the API server and deletes the folder. */
    @Override
    public void close() {
        try {
            kubelet.close();
            apiServer.close();
            vertx.close().toCompletionStage().toCompletableFuture().get(5, TimeUnit.SECONDS);
            guard.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot clear " + folder, e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the cluster did not stop", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
