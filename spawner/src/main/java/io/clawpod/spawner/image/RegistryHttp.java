package io.clawpod.spawner.image;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.SecretText;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer: bounded in size and time, without redirects, by https unless the host is named as insecure.
 * Peers' certificates are checked against the JVM's trust store. Thread-safe; does not block.
 */
final class RegistryHttp {
    /** From the request to the answer's last byte. */
    static final Duration TIMEOUT = Duration.ofSeconds(30);

    private static final int CONNECT_TIMEOUT_MS = 10_000;

    private final Vertx vertx;
    private final HttpClient client;
    private final Set<String> insecure;
    private final Duration timeout;

    RegistryHttp(Vertx vertx, Set<String> insecure, Duration timeout) {
        this.vertx = vertx;
        this.insecure = insecure;
        this.timeout = timeout;
        this.client = vertx.createHttpClient(new HttpClientOptions()
                .setConnectTimeout(CONNECT_TIMEOUT_MS)
                .setVerifyHost(true)
                .setMaxPoolSize(16)
                .setKeepAliveTimeout(20));
    }

    /**
     * @param headers but for Authorization
     * @param limit the most that the answer's body may have, in bytes
     */
    record Request(
            HttpMethod method,
            URI uri,
            Map<String, String> headers,
            @Nullable Buffer body,
            int limit) {
        Request at(URI other) {
            return new Request(method, other, headers, body, limit);
        }
    }

    record Answer(int status, MultiMap headers, Buffer body) {
        @Nullable
        String header(String name) {
            return headers.get(name);
        }
    }

    /** The scheme by which a registry is asked. */
    String scheme(String registry) {
        return insecure.contains(registry) ? "http" : "https";
    }

    /** Fails with a {@link RegistryFault} if there is no whole answer, whatever its status. */
    Uni<Answer> send(Request request, @Nullable SecretText authorization) {
        URI uri = request.uri();
        String fault = objection(uri);
        if (fault != null) {
            return Uni.createFrom().failure(RegistryFault.untrusted(fault));
        }
        RequestOptions options = new RequestOptions()
                .setAbsoluteURI(uri.toString())
                .setMethod(request.method())
                .setFollowRedirects(false)
                .putHeader("User-Agent", "clawpod");
        request.headers().forEach(options::putHeader);
        if (authorization != null) {
            options.putHeader("Authorization", authorization.reveal());
        }
        return Uni.createFrom()
                .completionStage(() -> exchange(options, request).toCompletionStage())
                .onFailure(failure -> !(failure instanceof RegistryFault))
                // What the network's parts say may have addresses that are nobody's business.
                .transform(failure -> RegistryFault.unreachable(
                        ErrorCode.UPSTREAM_UNREACHABLE,
                        "the registry at " + uri.getAuthority() + " cannot be reached by " + uri.getScheme(),
                        "look whether its name is right, its certificate is trusted by the spawner's JVM, and the network"
                                + " lets the spawner through"));
    }

    /** What a registry may send us to, by its answers. */
    private @Nullable String objection(URI uri) {
        String host = uri.getAuthority();
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        if (host == null || uri.getHost() == null || uri.getRawUserInfo() != null) {
            return "the registry names an address that is none";
        } else if (!scheme.equals("https") && !(scheme.equals("http") && insecure.contains(host))) {
            return "the registry at " + host + " may not be asked by "
                    + (scheme.equals("http") ? scheme : "that scheme");
        }
        return null;
    }

    private Future<Answer> exchange(RequestOptions options, Request asked) {
        Promise<Answer> answer = Promise.promise();
        AtomicReference<HttpClientRequest> sent = new AtomicReference<>();
        long timer = vertx.setTimer(timeout.toMillis(), late -> {
            boolean first = answer.tryFail(RegistryFault.unreachable(
                    ErrorCode.UPSTREAM_TIMEOUT,
                    "the registry at " + asked.uri().getAuthority() + " does not answer in " + timeout.toSeconds()
                            + " s",
                    "try again"));
            HttpClientRequest request = sent.get();
            if (first && request != null) {
                request.reset();
            }
        });
        client.request(options)
                .onSuccess(request -> {
                    sent.set(request);
                    if (answer.future().isComplete()) {
                        request.reset();
                        return;
                    }
                    Future<HttpClientResponse> response =
                            asked.body() == null ? request.send() : request.send(asked.body());
                    // On the future of the request itself, which tells on the connection's event loop: told on another,
                    // the answer's end may have passed before it is listened for.
                    response.onSuccess(begun -> collect(begun, asked, answer)).onFailure(answer::tryFail);
                })
                .onFailure(answer::tryFail);
        return answer.future().onComplete(end -> vertx.cancelTimer(timer));
    }

    private static void collect(HttpClientResponse response, Request asked, Promise<Answer> answer) {
        Buffer body = Buffer.buffer();
        response.handler(piece -> {
            if (body.length() + piece.length() > asked.limit()) {
                answer.tryFail(RegistryFault.untrusted("the registry at "
                        + asked.uri().getAuthority() + " answers with more than " + asked.limit() + " bytes"));
                response.request().reset();
            } else {
                body.appendBuffer(piece);
            }
        });
        response.exceptionHandler(answer::tryFail);
        response.endHandler(end -> answer.tryComplete(new Answer(response.statusCode(), response.headers(), body)));
    }
}
