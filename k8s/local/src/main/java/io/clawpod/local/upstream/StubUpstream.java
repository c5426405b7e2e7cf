package io.clawpod.local.upstream;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.clawpod.common.SecretText;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The part of the Anthropic API that an agent's client uses: {@code HEAD /} and {@code POST /v1/messages}, whole or as a
 * stream of events. The right key is asked for, as {@code x-api-key} or as a bearer token.
 *
 * @see <a href="https://docs.anthropic.com/en/api/messages-streaming">Streaming messages</a>
 */
public final class StubUpstream implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final SecretText key;
    private final Duration pause;
    private final HttpServer server;
    private final ExecutorService threads;
    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger rejected = new AtomicInteger();

    /**
     * Starts it on a free loopback port.
     *
     * @param pause between two events of a stream
     */
    public StubUpstream(SecretText key, Duration pause) throws IOException {
        this.key = key;
        this.pause = pause;
        threads = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "stub-upstream");
            thread.setDaemon(true);
            return thread;
        });
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** How many messages were answered since the start. */
    public int accepted() {
        return accepted.get();
    }

    /** How many calls were rejected for their key since the start. */
    public int rejected() {
        return rejected.get();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            exchange.getResponseHeaders().set("request-id", "req_stub_" + (accepted.get() + rejected.get()));
            String method = exchange.getRequestMethod();
            String path = exchange.getRequestURI().getPath();
            byte[] body = exchange.getRequestBody().readAllBytes();
            if (method.equals("HEAD") && path.equals("/")) {
                exchange.sendResponseHeaders(200, -1);
            } else if (!path.equals("/v1/messages")) {
                error(exchange, 404, "not_found_error", "Not Found");
            } else if (!method.equals("POST")) {
                error(exchange, 405, "invalid_request_error", "Method Not Allowed");
            } else if (authenticated(exchange)) {
                message(exchange, body);
            }
        }
    }

    private boolean authenticated(HttpExchange exchange) throws IOException {
        String apiKey = exchange.getRequestHeaders().getFirst("x-api-key");
        String authorization = exchange.getRequestHeaders().getFirst("Authorization");
        String fault;
        if (apiKey != null) {
            fault = key.matches(apiKey) ? null : "invalid x-api-key";
        } else if (authorization != null) {
            boolean right =
                    authorization.startsWith("Bearer ") && key.matches(authorization.substring("Bearer ".length()));
            fault = right ? null : "Invalid bearer token";
        } else {
            fault = "x-api-key header is required";
        }
        if (fault == null) {
            return true;
        }
        // Counted before it is told, so that who was told can count on it.
        rejected.incrementAndGet();
        error(exchange, 401, "authentication_error", fault);
        return false;
    }

    private static void error(HttpExchange exchange, int status, String type, String message) throws IOException {
        ObjectNode body = JSON.createObjectNode().put("type", "error");
        body.putObject("error").put("type", type).put("message", message);
        send(exchange, status, body);
    }

    private static void send(HttpExchange exchange, int status, JsonNode body) throws IOException {
        byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private void message(HttpExchange exchange, byte[] body) throws IOException {
        JsonNode request;
        try {
            request = JSON.readTree(new String(body, StandardCharsets.UTF_8));
        } catch (JsonProcessingException e) {
            error(exchange, 400, "invalid_request_error", "The request body is not valid JSON");
            return;
        }
        String prompt = prompt(request);
        if (prompt == null) {
            error(exchange, 400, "invalid_request_error", "messages: at least one message is required");
            return;
        }
        accepted.incrementAndGet();
        List<String> words = words("You asked: \"" + prompt
                + "\" I am the stub upstream. I saw the real key on this request; your agent never did.");
        String model = request.path("model").asText("stub");
        if (request.path("stream").asBoolean()) {
            stream(exchange, model, words, words(prompt).size());
        } else {
            ObjectNode message = start(model, words(prompt).size());
            message.withArray("/content").addObject().put("type", "text").put("text", String.join("", words));
            message.put("stop_reason", "end_turn");
            message.withObject("/usage").put("output_tokens", words.size());
            send(exchange, 200, message);
        }
    }

    /** The text of the last message; null when there is none. */
    private static @Nullable String prompt(JsonNode request) {
        JsonNode messages = request.path("messages");
        if (messages.isEmpty()) {
            return null;
        }
        JsonNode content = messages.get(messages.size() - 1).path("content");
        if (content.isTextual()) {
            return content.asText();
        }
        StringBuilder text = new StringBuilder();
        content.forEach(block -> text.append(block.path("text").asText("")));
        return text.toString();
    }

    private static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        int start = 0;
        for (int space = text.indexOf(' '); space >= 0; space = text.indexOf(' ', start)) {
            words.add(text.substring(start, space + 1));
            start = space + 1;
        }
        words.add(text.substring(start));
        return words;
    }

    private static ObjectNode start(String model, int inputTokens) {
        ObjectNode message = JSON.createObjectNode()
                .put("id", "msg_stub")
                .put("type", "message")
                .put("role", "assistant")
                .put("model", model);
        message.putArray("content");
        message.putNull("stop_reason").putNull("stop_sequence");
        message.putObject("usage").put("input_tokens", inputTokens).put("output_tokens", 1);
        return message;
    }

    private void stream(HttpExchange exchange, String model, List<String> words, int inputTokens) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream; charset=utf-8");
        exchange.getResponseHeaders().set("Cache-Control", "no-cache");
        exchange.sendResponseHeaders(200, 0);
        OutputStream out = exchange.getResponseBody();
        ObjectNode first = event("message_start");
        first.set("message", start(model, inputTokens));
        send(out, first);
        ObjectNode block = event("content_block_start").put("index", 0);
        block.putObject("content_block").put("type", "text").put("text", "");
        send(out, block);
        for (int i = 0; i < words.size(); i += 3) {
            ObjectNode delta = event("content_block_delta").put("index", 0);
            delta.putObject("delta")
                    .put("type", "text_delta")
                    .put("text", String.join("", words.subList(i, Math.min(i + 3, words.size()))));
            send(out, delta);
        }
        send(out, event("content_block_stop").put("index", 0));
        ObjectNode end = event("message_delta");
        end.putObject("delta").put("stop_reason", "end_turn").putNull("stop_sequence");
        end.putObject("usage").put("output_tokens", words.size());
        send(out, end);
        send(out, event("message_stop"));
    }

    private static ObjectNode event(String type) {
        return JSON.createObjectNode().put("type", type);
    }

    private void send(OutputStream out, ObjectNode event) throws IOException {
        String text = "event: " + event.get("type").asText() + "\ndata: " + event + "\n\n";
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
        try {
            Thread.sleep(pause.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("the upstream is being stopped", e);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
