package io.clawpod.spawner.cluster;

import io.clawpod.spawner.plan.Planner;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.Sessions.LogQuery;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * An agent's output as the kubelet serves it, chunk by chunk: the next chunk is asked for when the reader has taken the
 * last, so a slow reader slows the kubelet down and memory stays flat. No thread waits, and nothing is tried twice.
 */
final class LogStream {
    private final KubernetesClient client;
    private final HttpClient http;

    LogStream(KubernetesClient client) {
        this.client = client;
        // Whoever reads knows what to try again.
        this.http = client.getHttpClient()
                .newBuilder()
                .tag(new RequestConfigBuilder().withRequestRetryBackoffLimit(0).build())
                .build();
    }

    /**
     * The stream, once the API server has agreed to serve it; fails with a {@link KubernetesClientException} if it does not
     * or does not answer. The stream has one reader; it fails if the connection breaks, and cancelling it closes that.
     */
    Uni<Multi<byte[]>> open(Session.PodRef pod, LogQuery query) {
        return Uni.createFrom().emitter(emitter -> {
            Chunks chunks = new Chunks();
            AtomicBoolean told = new AtomicBoolean();
            HttpRequest request = http.newHttpRequestBuilder()
                    .uri(uri(client, pod, query))
                    .forStreaming()
                    .build();
            CompletableFuture<HttpResponse<AsyncBody>> opening =
                    http.consumeBytes(request, (buffers, body) -> chunks.take(buffers));
            emitter.onTermination(() -> {
                if (told.compareAndSet(false, true)) {
                    opening.cancel(false);
                }
            });
            Uni.createFrom()
                    .completionStage(opening)
                    .subscribe()
                    .with(
                            response -> {
                                if (!told.compareAndSet(false, true)) {
                                    response.body().cancel();
                                } else if (response.isSuccessful()) {
                                    emitter.complete(chunks.stream(response.body()));
                                } else {
                                    response.body().cancel();
                                    emitter.fail(new KubernetesClientException(
                                            "log refused with status " + response.code(), response.code(), null));
                                }
                            },
                            failure -> {
                                if (told.compareAndSet(false, true)) {
                                    emitter.fail(answer(failure));
                                }
                            });
        });
    }

    private static Throwable answer(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof KubernetesClientException
                ? cause
                : new KubernetesClientException("the connection failed", cause);
    }

    private static String uri(KubernetesClient client, Session.PodRef pod, LogQuery query) {
        StringBuilder uri = new StringBuilder(client.getMasterUrl().toString())
                .append("api/v1/namespaces/")
                .append(pod.namespace())
                .append("/pods/")
                .append(pod.name())
                .append("/log?container=")
                .append(Planner.CONTAINER);
        if (query.follow()) {
            uri.append("&follow=true");
        }
        if (query.tail() != null) {
            uri.append("&tailLines=").append(query.tail());
        }
        if (query.since() != null) {
            uri.append("&sinceTime=").append(URLEncoder.encode(query.since().toString(), StandardCharsets.UTF_8));
        }
        if (query.timestamps()) {
            uri.append("&timestamps=true");
        }
        return uri.toString();
    }

    /** Hands buffers from the client's thread to one reader, and asks for no more than the reader does. */
    private static final class Chunks {
        private final OutputQueue<byte[]> taken = new OutputQueue<>(new ConcurrentLinkedQueue<>());
        private final AtomicLong wanted = new AtomicLong();
        private @Nullable AsyncBody source;

        Multi<byte[]> stream(AsyncBody body) {
            source = body;
            Uni.createFrom().completionStage(body.done()).subscribe().with(nothing -> taken.end(null), taken::end);
            return taken.onRequest().invoke(this::want).onCancellation().invoke(body::cancel);
        }

        private void want(long count) {
            long before = wanted.getAndUpdate(open -> open + count < 0 ? Long.MAX_VALUE : open + count);
            if (before == 0 && source != null) {
                source.consume();
            }
        }

        /** Runs only after a first {@link #want}: before it nothing is consumed. */
        void take(List<ByteBuffer> buffers) {
            for (ByteBuffer buffer : buffers) {
                byte[] bytes = new byte[buffer.remaining()];
                buffer.get(bytes);
                taken.put(bytes);
            }
            long left = wanted.updateAndGet(open -> open == Long.MAX_VALUE ? open : Math.max(0, open - 1));
            if (left > 0 && source != null) {
                source.consume();
            }
        }
    }
}
