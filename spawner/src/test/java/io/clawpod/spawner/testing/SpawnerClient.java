package io.clawpod.spawner.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A caller of a spawner's API, over plain HTTP. Thread-safe. */
public final class SpawnerClient {
    /** The install of all sessions of the integration tests. */
    static final String INSTALL = "it";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration TIMEOUT = Duration.ofSeconds(40);

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI base;
    private final String token;

    public SpawnerClient(URI base, String token) {
        this.base = base;
        this.token = token;
    }

    /** @param json the body as JSON; null if it is empty or something else */
    public record Answer(int status, @Nullable String type, String text, JsonNode json) {
        /** The value of a member, as text; empty if it is absent. */
        public String member(String pointer) {
            return json.at(pointer).asText();
        }
    }

    /** The same API for another caller. */
    public SpawnerClient as(String otherToken) {
        return new SpawnerClient(base, otherToken);
    }

    /** The path of a session in install {@code it}. */
    public static String path(String key) {
        return "/v1/sessions/" + INSTALL + "/" + URLEncoder.encode(key, StandardCharsets.UTF_8);
    }

    public Answer put(String key, String spec) {
        return call("PUT", path(key), spec);
    }

    public Answer get(String path) {
        return call("GET", path, null);
    }

    public Answer delete(String key, String grace) {
        return call("DELETE", path(key) + "?grace=" + grace, null);
    }

    public Answer call(String method, String path, @Nullable String body) {
        HttpResponse<String> response = send(method, path, body, BodyHandlers.ofString());
        String type = response.headers().firstValue("Content-Type").orElse(null);
        return new Answer(response.statusCode(), type, response.body(), json(type, response.body()));
    }

    private static JsonNode json(@Nullable String type, String text) {
        try {
            return type != null && type.contains("json") ? JSON.readTree(text) : JSON.missingNode();
        } catch (IOException e) {
            throw new UncheckedIOException("not the JSON that it says it is: " + text, e);
        }
    }

    /** An answer's body as it arrives; the server is slowed down to the pace of its reader. */
    public InputStream open(String path) {
        HttpResponse<InputStream> response = send("GET", path, null, BodyHandlers.ofInputStream());
        if (response.statusCode() != 200) {
            throw new IllegalStateException(path + " answered " + response.statusCode());
        }
        return response.body();
    }

    /** The events of all sessions from now on, or after the event {@code lastSeen}. */
    public Events events(@Nullable String lastSeen) {
        HttpRequest.Builder request = request("/v1/sessions?watch");
        if (lastSeen != null) {
            request.header("Last-Event-ID", lastSeen);
        }
        return new Events(send(request.build(), BodyHandlers.ofInputStream()).body());
    }

    private <T> HttpResponse<T> send(
            String method, String path, @Nullable String body, HttpResponse.BodyHandler<T> handler) {
        HttpRequest.Builder request = request(path).timeout(TIMEOUT);
        if (body != null) {
            request.header("Content-Type", "application/json");
        }
        request.method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        return send(request.build(), handler);
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(base.resolve(path)).header("Authorization", "Bearer " + token);
    }

    private <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler) {
        try {
            return http.send(request, handler);
        } catch (IOException e) {
            throw new UncheckedIOException(request.method() + " " + request.uri(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
