package io.clawpod.spawner.docker.engine;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.buffer.Buffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An answer.
 *
 * @param status HTTP status; 0 for an answer that its handler has sent, or goes on sending, itself
 */
record Reply(int status, @Nullable String type, @Nullable Buffer body, Map<String, String> headers) {
    /** The handler answers by itself. */
    static final Reply SENT = new Reply(0, null, null, Map.of());

    static final Reply NO_CONTENT = status(204);
    static final Reply NOT_MODIFIED = status(304);

    static Reply status(int status) {
        return new Reply(status, null, null, Map.of());
    }

    static Reply json(int status, JsonNode body) {
        return new Reply(status, "application/json", Buffer.buffer(body.toString()), Map.of());
    }

    static Reply json(JsonNode body) {
        return json(200, body);
    }

    static Reply text(String body) {
        return new Reply(200, "text/plain; charset=utf-8", Buffer.buffer(body), Map.of());
    }

    Reply with(Map<String, String> more) {
        return new Reply(status, type, body, more);
    }
}
