package io.clawpod.proxy.identity;

import io.clawpod.common.InvalidValue;
import io.vertx.core.Future;
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
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Fetches a key set over HTTP: redirects are not followed, and time and size are bounded. */
final class KeySetSource {
    static final int MAX_BYTES = 64 * 1024;
    static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final HttpClient client;
    private final String url;
    private final @Nullable RequestOptions request;

    KeySetSource(Vertx vertx, String url) {
        this.client = vertx.createHttpClient(new HttpClientOptions()
                .setConnectTimeout((int) TIMEOUT.toMillis())
                .setKeepAlive(false)
                .setMaxPoolSize(1));
        this.url = url;
        this.request = request(url);
    }

    String url() {
        return url;
    }

    private static @Nullable RequestOptions request(String url) {
        try {
            URI uri = URI.create(url);
            String scheme = uri.getScheme();
            boolean ours = uri.getHost() != null && ("http".equals(scheme) || "https".equals(scheme));
            return !ours
                    ? null
                    : new RequestOptions()
                            .setAbsoluteURI(url)
                            .setMethod(HttpMethod.GET)
                            .setTimeout(TIMEOUT.toMillis())
                            .putHeader("accept", "application/jwk-set+json, application/json");
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** The key set's text; fails if the server cannot be reached, does not say 200, or says too much. */
    Future<String> fetch() {
        if (request == null) {
            return Future.failedFuture(new InvalidValue("keys", "have no http or https URL", "name the spawner's"));
        }
        return client.request(new RequestOptions(request)).compose(KeySetSource::exchange);
    }

    /** Listens before it sends: on a thread that is no event loop, the answer may be over before a later listener is there. */
    private static Future<String> exchange(HttpClientRequest request) {
        Future<String> text = request.response().compose(KeySetSource::read);
        request.end();
        // The request's own limit is over with the head of the answer.
        return text.timeout(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS).onFailure(cause -> request.reset());
    }

    private static Future<String> read(HttpClientResponse response) {
        if (response.statusCode() != 200) {
            response.exceptionHandler(reset -> {});
            response.request().reset();
            return Future.failedFuture(new InvalidValue("keys", "answer with " + response.statusCode(), "serve 200"));
        }
        Promise<String> text = Promise.promise();
        Buffer body = Buffer.buffer();
        response.handler(chunk -> {
            if (body.length() + chunk.length() > MAX_BYTES) {
                text.tryFail(new InvalidValue("keys", "are longer than " + MAX_BYTES + " bytes", "serve fewer"));
                response.request().reset();
            } else {
                body.appendBuffer(chunk);
            }
        });
        response.exceptionHandler(text::tryFail);
        response.endHandler(end -> text.tryComplete(body.toString(StandardCharsets.UTF_8)));
        return text.future();
    }
}
