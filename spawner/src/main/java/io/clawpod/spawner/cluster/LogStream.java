package io.clawpod.spawner.cluster;

import io.clawpod.spawner.plan.Planner;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.Sessions.LogQuery;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.operators.multi.processors.UnicastProcessor;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * An agent's output as the kubelet serves it, chunk by chunk: the next chunk is asked for when the reader has taken the
 * last, so a slow reader slows the kubelet down and memory stays flat. No thread waits.
 */
final class LogStream {
    private LogStream() {}

    /** The stream, once the API server has agreed to serve it; fails with its answer if it does not. */
    static Uni<Multi<byte[]>> open(KubernetesClient client, Session.PodRef pod, LogQuery query) {
        return Uni.createFrom().emitter(emitter -> {
            Chunks chunks = new Chunks();
            HttpRequest request = client.getHttpClient()
                    .newHttpRequestBuilder()
                    .uri(uri(client, pod, query))
                    .forStreaming()
                    .build();
            CompletableFuture<?> served = client.getHttpClient()
                    .consumeBytes(request, (buffers, body) -> chunks.take(buffers))
                    .whenComplete((response, failure) -> {
                        if (failure != null) {
                            emitter.fail(KubernetesClientException.launderThrowable(failure));
                        } else if (!response.isSuccessful()) {
                            response.body().cancel();
                            emitter.fail(new KubernetesClientException(
                                    "log refused with status " + response.code(), response.code(), null));
                        } else {
                            emitter.complete(chunks.stream(response.body()));
                        }
                    });
            emitter.onTermination(() -> served.cancel(false));
        });
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
        // Whoever cancels empties this queue while the client's thread may be taking from it, so it must bear two
        // takers.
        private final UnicastProcessor<byte[]> taken = UnicastProcessor.create(new ConcurrentLinkedQueue<>(), null);
        private final AtomicLong wanted = new AtomicLong();
        private @Nullable AsyncBody source;

        Multi<byte[]> stream(AsyncBody body) {
            source = body;
            Uni.createFrom()
                    .completionStage(body.done())
                    .subscribe()
                    .with(nothing -> taken.onComplete(), taken::onError);
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
                taken.onNext(bytes);
            }
            long left = wanted.updateAndGet(open -> open == Long.MAX_VALUE ? open : Math.max(0, open - 1));
            if (left > 0 && source != null) {
                source.consume();
            }
        }
    }
}
