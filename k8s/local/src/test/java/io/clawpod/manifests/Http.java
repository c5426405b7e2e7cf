package io.clawpod.manifests;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** Requests of the test itself, straight to the address of a pod or a Service. */
final class Http {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    // Over HTTP/2 this client fails a call that a server which ends has told it to make elsewhere (RFC 9113 section
    // 6.8); over HTTP/1.1 it makes it again.
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private Http() {}

    /** Asks with GET; {@code headers} are names and values in turn. */
    static HttpResponse<String> get(String url, String... headers) {
        return send("GET", url, "", headers);
    }

    static HttpResponse<String> send(String method, String url, String body, String... headers) {
        return send(method, url, body, BodyHandlers.ofString(), headers);
    }

    /** Asks with GET, and returns when the head of the answer is there. */
    static HttpResponse<InputStream> open(String url, String... headers) {
        return send("GET", url, "", BodyHandlers.ofInputStream(), headers);
    }

    private static <T> HttpResponse<T> send(
            String method, String url, String body, BodyHandler<T> handler, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url))
                .timeout(PATIENCE)
                .method(
                        method,
                        body.isEmpty()
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            return CLIENT.send(request.build(), handler);
        } catch (IOException e) {
            throw new UncheckedIOException(method + " " + url, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
