package io.clawpod.local.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One watch, over WebSocket or as chunks of one answer; it lives on its connection's event loop.
 *
 * @see <a href="https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes">Watches</a>
 */
final class WatchStream {
    private static final long BOOKMARK_INTERVAL_MS = TimeUnit.SECONDS.toMillis(30);

    /** How the connection carries the watch. */
    interface Carrier {
        void send(String event);

        void end();

        void onClose(Runnable action);
    }

    /**
     * What the client asked for.
     *
     * @param since null to begin with the present state
     * @param timeoutSeconds null to go on until the client leaves
     */
    record Wish(
            ResourcePath collection,
            Selector selector,
            @Nullable Long since,
            boolean bookmarks,
            @Nullable Long timeoutSeconds) {}

    private WatchStream() {}

    static void open(Vertx vertx, ObjectStore store, Wish wish, Carrier carrier) {
        Context loop = vertx.getOrCreateContext();
        Consumer<Change> listener = change -> {
            String type = change.typeFor(wish.selector());
            if (type != null) {
                String text = event(type, change.latest());
                loop.runOnContext(ignored -> carrier.send(text));
            }
        };
        Closeable subscription;
        try {
            subscription = store.follow(wish.collection(), wish.since(), listener);
        } catch (ApiFailure expired) {
            carrier.send(event("ERROR", expired.status()));
            carrier.end();
            return;
        }
        long bookmarks = wish.bookmarks()
                ? vertx.setPeriodic(BOOKMARK_INTERVAL_MS, timer -> bookmark(store, wish, loop, carrier))
                : -1;
        long timeout = wish.timeoutSeconds() == null || wish.timeoutSeconds() <= 0
                ? -1
                : vertx.setTimer(TimeUnit.SECONDS.toMillis(wish.timeoutSeconds()), timer -> carrier.end());
        carrier.onClose(() -> {
            vertx.cancelTimer(bookmarks);
            vertx.cancelTimer(timeout);
            try {
                subscription.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /** Takes its place behind the events that were handed to the loop before the version was read. */
    private static void bookmark(ObjectStore store, Wish wish, Context loop, Carrier carrier) {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        object.put("kind", Kinds.of(wish.collection()))
                .put("apiVersion", wish.collection().apiVersion());
        object.putObject("metadata").put("resourceVersion", String.valueOf(store.version()));
        String text = event("BOOKMARK", object);
        loop.runOnContext(ignored -> carrier.send(text));
    }

    private static String event(String type, JsonNode object) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("type", type)
                .set("object", object)
                .toString();
    }
}
