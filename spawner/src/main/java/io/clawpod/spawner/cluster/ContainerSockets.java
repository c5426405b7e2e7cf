package io.clawpod.spawner.cluster;

import io.clawpod.spawner.session.Processes.Attach;
import io.clawpod.spawner.session.Processes.Exec;
import io.clawpod.spawner.session.RemoteProcess;
import io.clawpod.spawner.session.Session;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.WebSocket;
import io.fabric8.kubernetes.client.http.WebSocketHandshakeException;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.UpgradeRejectedException;
import java.net.URI;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Opens WebSockets to containers. They fail with {@link KubernetesClientException} for what the API server answers, and
 * with {@link NoProtocol} if it speaks none of ours. Each is tried once; nothing blocks.
 */
final class ContainerSockets {
    /** How a server answers that speaks none of the protocols offered, if not with a Status: 403 is golang.org/x/net's. */
    private static final Set<Integer> NO_PROTOCOL = Set.of(400, 403, 426);

    /** A directory is there in every image, and in none can it be executed. */
    private static final Exec NOTHING = new Exec(List.of("/"), false, true, false, false);

    private final KubernetesClient client;
    private final HttpClient http;

    ContainerSockets(KubernetesClient client) {
        this.client = client;
        // Whoever calls knows what to try again: a pod that is about to run, and nothing else.
        this.http = client.getHttpClient()
                .newBuilder()
                .tag(new RequestConfigBuilder().withRequestRetryBackoffLimit(0).build())
                .build();
    }

    /** The server upgrades, but to no version of the protocol that was offered. */
    static final class NoProtocol extends Exception {
        private static final long serialVersionUID = 1;

        NoProtocol() {
            super("no version of channel.k8s.io", null, false, false);
        }
    }

    Uni<RemoteProcess> exec(Session.PodRef pod, Exec exec) {
        return newest(RemoteCommand.target(pod, exec), exec.stdin(), exec.tty());
    }

    /** Over version 4, which only old API servers get, attaching without input ends the input of one with stdinOnce. */
    Uni<RemoteProcess> attach(Session.PodRef pod, Attach attach) {
        return newest(RemoteCommand.target(pod, attach), attach.stdin(), attach.tty());
    }

    /**
     * Completes if the container runs. Version 4 goes through to the kubelet, which refuses the upgrade for a container that
     * does not run; for version 5 the API server itself upgrades, and only later says what the kubelet has answered. Not by
     * attaching: over version 4 that ends the input of a container with stdinOnce even where no input is asked for.
     */
    Uni<Void> probe(Session.PodRef pod) {
        return open(RemoteCommand.target(pod, NOTHING), false, false, RemoteCommand.V4)
                .onItem()
                .invoke(RemoteProcess::close)
                .replaceWithVoid();
    }

    private Uni<RemoteProcess> newest(String target, boolean stdin, boolean tty) {
        return open(target, stdin, tty, RemoteCommand.V5)
                .onFailure(NoProtocol.class)
                .recoverWithUni(() -> open(target, stdin, tty, RemoteCommand.V4));
    }

    private Uni<RemoteProcess> open(String target, boolean stdin, boolean tty, String protocol) {
        return Uni.createFrom().emitter(emitter -> {
            SocketProcess process = new SocketProcess(stdin, tty, protocol, this::status);
            AtomicBoolean told = new AtomicBoolean();
            CompletableFuture<WebSocket> opening = http.newWebSocketBuilder()
                    .uri(URI.create(client.getMasterUrl() + target))
                    .subprotocol(protocol)
                    .connectTimeout(client.getConfiguration().getRequestTimeout(), TimeUnit.MILLISECONDS)
                    .buildAsync(process);
            emitter.onTermination(() -> {
                if (told.compareAndSet(false, true)) {
                    process.close();
                    opening.cancel(false);
                }
            });
            Uni.createFrom()
                    .completionStage(opening)
                    .subscribe()
                    .with(
                            socket -> {
                                if (told.compareAndSet(false, true)) {
                                    emitter.complete(process);
                                }
                            },
                            failure -> {
                                if (told.compareAndSet(false, true)) {
                                    emitter.fail(answer(failure));
                                }
                            });
        });
    }

    private Throwable answer(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof io.netty.handler.codec.http.websocketx.WebSocketHandshakeException) {
            // It has upgraded, to another protocol or to none.
            return new NoProtocol();
        }
        if (!(cause instanceof WebSocketHandshakeException refused)) {
            return cause instanceof KubernetesClientException known
                    ? known
                    : new KubernetesClientException("the connection failed", cause);
        }
        int code = refused.getResponse().code();
        Status status = cause.getCause() instanceof UpgradeRejectedException rejected && rejected.getBody() != null
                ? status(rejected.getBody().toString())
                : null;
        return status == null && NO_PROTOCOL.contains(code)
                ? new NoProtocol()
                : new KubernetesClientException("upgrade refused with status " + code, code, status);
    }

    private @Nullable Status status(String json) {
        try {
            Status status = client.getKubernetesSerialization().unmarshal(json, Status.class);
            return status == null || status.getStatus() == null ? null : status;
        } catch (RuntimeException e) {
            // Not JSON, or of another kind: kubelets answer in plain text, proxies in HTML.
            return null;
        }
    }
}
