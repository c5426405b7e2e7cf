package io.clawpod.local.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.fabric8.kubernetes.api.model.Pod;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.ServerWebSocket;
import java.io.IOException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The API server, over plain HTTP on a loopback port. It lets everybody in: it is for trying and for tests. */
public final class ApiServer implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
    private static final long GARBAGE_INTERVAL_MS = 1_000;

    private final Vertx vertx;
    private final ObjectStore store;
    private final PodLogs logs;
    private final TokenReviews tokens = new TokenReviews();
    private final HttpServer server;

    /** Starts it; when the constructor is through, it listens. */
    public ApiServer(Vertx vertx, ObjectStore store, PodLogs logs) {
        this.vertx = vertx;
        this.store = store;
        this.logs = logs;
        HttpServerOptions options = new HttpServerOptions()
                .setHost("127.0.0.1")
                .setPort(0)
                .setCompressionSupported(false)
                .setMaxWebSocketFrameSize(1 << 24);
        server = join(
                vertx.createHttpServer(options).requestHandler(this::handle).listen());
        vertx.setPeriodic(GARBAGE_INTERVAL_MS, timer -> store.collectGarbage());
        for (String namespace : List.of("default", "kube-system")) {
            ObjectNode object = JSON.createObjectNode().put("kind", "Namespace").put("apiVersion", "v1");
            object.putObject("metadata").put("name", namespace);
            store.create(ResourcePath.core(null, "namespaces", null), object);
        }
    }

    private static <T> T join(Future<T> future) {
        return future.toCompletionStage().toCompletableFuture().join();
    }

    /** Such as {@code http://127.0.0.1:40123}. */
    public String url() {
        return "http://127.0.0.1:" + server.actualPort();
    }

    /** Makes a TokenReview of {@code token} succeed. */
    public void registerToken(String token, String namespace, String serviceAccount, Set<String> audiences) {
        tokens.register(token, namespace, serviceAccount, audiences);
    }

    private void handle(HttpServerRequest request) {
        HttpServerResponse response = request.response();
        try {
            switch (request.path()) {
                case "/readyz", "/livez", "/healthz" -> response.end("ok");
                case "/version" ->
                    send(
                            response,
                            200,
                            JSON.createObjectNode()
                                    .put("major", "1")
                                    .put("minor", "33")
                                    .put("gitVersion", "v1.33.0+clawpod-local")
                                    .put("platform", System.getProperty("os.name")));
                default -> {
                    ResourcePath path = ResourcePath.parse(request.path());
                    if (path == null) {
                        throw new ApiFailure(404, "NotFound", "the server could not find the requested resource");
                    }
                    handle(request, path);
                }
            }
        } catch (RuntimeException e) {
            fail(response, e);
        }
    }

    private static void fail(HttpServerResponse response, Throwable cause) {
        ApiFailure failure = cause instanceof ApiFailure known
                ? known
                : new ApiFailure(500, "InternalError", "the embedded API server failed: " + cause);
        if (!response.headWritten() && !response.closed()) {
            send(response, failure.code(), failure.status());
        }
    }

    private static void send(HttpServerResponse response, int code, JsonNode body) {
        response.setStatusCode(code)
                .putHeader("Content-Type", "application/json")
                .end(body.toString());
    }

    private void handle(HttpServerRequest request, ResourcePath path) {
        if (request.method().equals(HttpMethod.GET)) {
            get(request, path);
            return;
        }
        request.body()
                .onSuccess(body -> {
                    try {
                        change(request, path, read(request, body));
                    } catch (RuntimeException e) {
                        fail(request.response(), e);
                    }
                })
                .onFailure(e -> fail(request.response(), e));
    }

    private static JsonNode read(HttpServerRequest request, Buffer body) {
        String type = String.valueOf(request.getHeader("Content-Type")).toLowerCase(Locale.ROOT);
        try {
            return body.length() == 0
                    ? JSON.createObjectNode()
                    : (type.contains("yaml") ? YAML : JSON).readTree(body.getBytes());
        } catch (IOException e) {
            throw ApiFailure.badRequest("the body of the request cannot be read: " + type);
        }
    }

    private static ObjectNode object(JsonNode body) {
        if (body instanceof ObjectNode object) {
            return object;
        }
        throw ApiFailure.badRequest("the body of the request is no object");
    }

    private static Selector selector(HttpServerRequest request) {
        return Selector.parse(request.getParam("labelSelector"), request.getParam("fieldSelector"));
    }

    private static boolean flag(HttpServerRequest request, String name) {
        String value = request.getParam(name);
        return value != null && (value.isEmpty() || value.equals("true") || value.equals("1"));
    }

    private static @Nullable Long number(HttpServerRequest request, String name) {
        String value = request.getParam(name);
        if (value == null || value.isEmpty()) {
            return null;
        }
        try {
            return Long.valueOf(value);
        } catch (NumberFormatException e) {
            throw ApiFailure.badRequest("strconv.ParseInt: parsing \"" + value + "\" of " + name + ": invalid syntax");
        }
    }

    private void get(HttpServerRequest request, ResourcePath path) {
        if (path.isPod() && "log".equals(path.subresource())) {
            log(request, path);
        } else if (flag(request, "watch")) {
            watch(request, path);
        } else if (path.name() != null) {
            send(request.response(), 200, store.require(path));
        } else {
            send(request.response(), 200, list(request, path));
        }
    }

    /** A page of a list; the continue token is the number of objects already given. */
    private JsonNode list(HttpServerRequest request, ResourcePath path) {
        long version = store.version();
        Selector selector = selector(request);
        List<ObjectNode> all = store.list(path).stream().filter(selector).toList();
        Long limit = number(request, "limit");
        Long start = number(request, "continue");
        int from = start == null ? 0 : (int) Math.min(Math.max(start, 0), all.size());
        int to = limit == null || limit <= 0 ? all.size() : (int) Math.min(all.size(), from + limit);
        ObjectNode list = JSON.createObjectNode();
        list.put("kind", Kinds.of(path) + "List").put("apiVersion", path.apiVersion());
        ObjectNode metadata = list.putObject("metadata").put("resourceVersion", String.valueOf(version));
        if (to < all.size()) {
            metadata.put("continue", String.valueOf(to)).put("remainingItemCount", all.size() - to);
        }
        ArrayNode items = list.putArray("items");
        items.addAll(all.subList(from, to));
        return list;
    }

    private void log(HttpServerRequest request, ResourcePath path) {
        Pod pod = JSON.convertValue(store.require(path), Pod.class);
        Long tail = number(request, "tailLines");
        Long sinceSeconds = number(request, "sinceSeconds");
        String sinceTime = request.getParam("sinceTime");
        Instant since = null;
        try {
            if (sinceTime != null) {
                since = Instant.parse(sinceTime);
            } else if (sinceSeconds != null) {
                since = Instant.now().minusSeconds(sinceSeconds);
            }
        } catch (DateTimeParseException e) {
            throw ApiFailure.badRequest("sinceTime is no RFC 3339 time: " + sinceTime);
        }
        PodLogs.Selection selection = new PodLogs.Selection(
                request.getParam("container"), flag(request, "follow"), tail, since, flag(request, "timestamps"));
        try {
            LogStream.send(logs.open(pod, selection), request.response());
        } catch (PodLogs.Unavailable e) {
            throw ApiFailure.badRequest(String.valueOf(e.getMessage()));
        }
    }

    private void watch(HttpServerRequest request, ResourcePath path) {
        Long since = number(request, "resourceVersion");
        WatchStream.Wish wish = new WatchStream.Wish(
                path,
                selector(request),
                since == null || since == 0 ? null : since,
                flag(request, "allowWatchBookmarks"),
                number(request, "timeoutSeconds"));
        if ("websocket".equalsIgnoreCase(request.getHeader("Upgrade"))) {
            request.toWebSocket()
                    .onSuccess(socket -> WatchStream.open(vertx, store, wish, carrier(socket)))
                    .onFailure(e -> fail(request.response(), e));
            return;
        }
        HttpServerResponse response = request.response().setChunked(true).putHeader("Content-Type", "application/json");
        response.writeHead();
        WatchStream.open(vertx, store, wish, carrier(response));
    }

    private static WatchStream.Carrier carrier(ServerWebSocket socket) {
        return new WatchStream.Carrier() {
            @Override
            public void send(String event) {
                if (!socket.isClosed()) {
                    socket.writeTextMessage(event);
                }
            }

            @Override
            public void end() {
                socket.close();
            }

            @Override
            public void onClose(Runnable action) {
                socket.closeHandler(closed -> action.run());
            }
        };
    }

    private static WatchStream.Carrier carrier(HttpServerResponse response) {
        return new WatchStream.Carrier() {
            @Override
            public void send(String event) {
                if (!response.closed() && !response.ended()) {
                    response.write(event + "\n");
                }
            }

            @Override
            public void end() {
                response.end();
            }

            @Override
            public void onClose(Runnable action) {
                response.endHandler(ended -> action.run());
                response.closeHandler(closed -> action.run());
            }
        };
    }

    private void change(HttpServerRequest request, ResourcePath path, JsonNode body) {
        HttpServerResponse response = request.response();
        switch (request.method().name()) {
            case "POST" -> {
                if (path.plural().equals("tokenreviews")) {
                    send(response, 201, tokens.review(object(body)));
                } else if (path.name() == null) {
                    send(response, 201, store.create(path, object(body)));
                } else {
                    throw notAllowed();
                }
            }
            case "PUT" -> send(response, 200, store.replace(path, object(body)));
            case "PATCH" -> patch(request, path, body);
            case "DELETE" -> delete(request, path, body);
            default -> throw notAllowed();
        }
    }

    private static ApiFailure notAllowed() {
        return new ApiFailure(
                405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
    }

    private void patch(HttpServerRequest request, ResourcePath path, JsonNode body) {
        String type = Objects.requireNonNullElse(request.getHeader("Content-Type"), "");
        if (Patches.isApply(type) && store.find(path) == null && path.subresource() == null) {
            ResourcePath collection =
                    new ResourcePath(path.group(), path.version(), path.namespace(), path.plural(), null, null);
            send(request.response(), 201, store.create(collection, object(body)));
            return;
        }
        send(request.response(), 200, store.update(path, current -> Patches.apply(type, current, body)));
    }

    private void delete(HttpServerRequest request, ResourcePath path, JsonNode body) {
        JsonNode preconditions = body.path("preconditions");
        Long grace = number(request, "gracePeriodSeconds");
        if (grace == null && body.hasNonNull("gracePeriodSeconds")) {
            grace = body.get("gracePeriodSeconds").asLong();
        }
        String propagation = Objects.requireNonNullElse(
                request.getParam("propagationPolicy"),
                body.path("propagationPolicy").asText(""));
        ObjectStore.Deletion deletion = new ObjectStore.Deletion(
                preconditions.path("uid").asText(null),
                preconditions.path("resourceVersion").asText(null),
                grace,
                propagation.equals("Orphan"));
        if (path.name() != null) {
            send(request.response(), 200, store.delete(path, deletion));
            return;
        }
        Selector selector = selector(request);
        store.list(path).stream().filter(selector).forEach(object -> store.delete(path.of(object), deletion));
        send(
                request.response(),
                200,
                JSON.createObjectNode()
                        .put("kind", "Status")
                        .put("apiVersion", "v1")
                        .put("status", "Success"));
    }

    @Override
    public void close() {
        try {
            server.close().toCompletionStage().toCompletableFuture().get(2, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            // What still hangs on it goes with Vert.x itself.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
