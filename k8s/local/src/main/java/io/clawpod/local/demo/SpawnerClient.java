package io.clawpod.local.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.clawpod.common.SecretText;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** The calls that the demo makes to the spawner, as any host would. */
final class SpawnerClient {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration LOGS_WITHIN = Duration.ofSeconds(30);

    private final HttpClient http;
    private final String url;
    private final SecretText token;

    SpawnerClient(HttpClient http, String url, SecretText token) {
        this.http = http;
        this.url = url;
        this.token = token;
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(url + path)).header("Authorization", "Bearer " + token.reveal());
    }

    private static ServiceProcess.Failure unexpected(String what, int status, String body) {
        return new ServiceProcess.Failure(what + " was answered " + status + ": " + body);
    }

    /** The answer to {@code docker run}: the session and the report. */
    JsonNode dockerRun(List<String> argv) throws IOException, InterruptedException, ServiceProcess.Failure {
        HttpRequest post = request("/v1/docker-run")
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(argv)))
                .build();
        HttpResponse<String> response = http.send(post, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 201) {
            throw unexpected("POST /v1/docker-run", response.statusCode(), response.body());
        }
        return JSON.readTree(response.body());
    }

    static String path(JsonNode session) {
        return "/v1/sessions/" + encode(session.path("install").asText()) + "/"
                + encode(session.path("key").asText());
    }

    private static String encode(String segment) {
        return URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** Reads the log to its end, piece by piece as it comes. */
    void follow(String session, Consumer<String> pieces)
            throws IOException, InterruptedException, ServiceProcess.Failure {
        long until = System.nanoTime() + LOGS_WITHIN.toNanos();
        while (true) {
            HttpResponse<InputStream> response = http.send(
                    request(session + "/logs?follow=true").build(), HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream body = response.body()) {
                if (response.statusCode() == 200) {
                    copy(body, pieces);
                    return;
                }
                String problem = new String(body.readAllBytes(), StandardCharsets.UTF_8);
                // 409: the agent has not started yet.
                if (response.statusCode() != 409 || System.nanoTime() > until || ended(session)) {
                    throw unexpected("GET " + session + "/logs", response.statusCode(), problem);
                }
            }
            Thread.sleep(100);
        }
    }

    /** A session can also end without ever having had a log. */
    private boolean ended(String session) throws IOException, InterruptedException {
        String body = http.send(request(session).build(), HttpResponse.BodyHandlers.ofString())
                .body();
        return JSON.readTree(body).path("state").asText().equals("ended");
    }

    private static void copy(InputStream body, Consumer<String> pieces) throws IOException {
        Reader reader = new InputStreamReader(body, StandardCharsets.UTF_8);
        char[] buffer = new char[1024];
        for (int n = reader.read(buffer); n >= 0; n = reader.read(buffer)) {
            pieces.accept(new String(buffer, 0, n));
        }
    }

    /** The session as soon as it has ended. */
    JsonNode awaitEnd(String session) throws IOException, InterruptedException, ServiceProcess.Failure {
        long until = System.nanoTime() + LOGS_WITHIN.toNanos();
        while (true) {
            HttpResponse<String> response = http.send(request(session).build(), HttpResponse.BodyHandlers.ofString());
            JsonNode found = JSON.readTree(response.body());
            if (response.statusCode() != 200 || System.nanoTime() > until) {
                throw unexpected("GET " + session, response.statusCode(), response.body());
            }
            if (found.path("state").asText().equals("ended")) {
                return found;
            }
            Thread.sleep(100);
        }
    }

    /** Stops the session and waits until it is gone. */
    boolean delete(String session) throws IOException, InterruptedException {
        int status = http.send(request(session).DELETE().build(), HttpResponse.BodyHandlers.discarding())
                .statusCode();
        for (int i = 0; i < 100; i++) {
            HttpResponse<Void> response = http.send(request(session).build(), HttpResponse.BodyHandlers.discarding());
            if (response.statusCode() == 404) {
                return status < 300;
            }
            Thread.sleep(50);
        }
        return false;
    }
}
