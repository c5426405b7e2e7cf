package io.clawpod.proxy.exchange;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Answers of endpoints that issue tokens. A token issued to the real credential is as good as the credential, and no scrub
 * knows it, so it is taken out of the answer before an agent sees it. Pure.
 */
final class TokenAnswers {
    /** The greatest answer of a token endpoint, in bytes; real ones have a tenth of it. */
    static final int MAX_BYTES = 64 * 1024;

    static final String PLACEHOLDER = "***";

    /** How the names of members end that hold a secret, without their case, {@code _} and {@code -}: {@code tenant_access_token}. */
    private static final List<String> ENDINGS =
            List.of("token", "secret", "password", "apikey", "rawkey", "secretkey", "accesskey", "privatekey");

    private TokenAnswers() {}

    /**
     * An answer's body without the tokens in it: the value of each member that holds one, at any depth, is replaced.
     *
     * @return null if the body is no JSON object or array, and so cannot be judged
     */
    static @Nullable Buffer redact(Buffer body) {
        Object json;
        try {
            json = Json.decodeValue(body);
        } catch (DecodeException e) {
            return null;
        }
        if (json instanceof JsonObject object) {
            redact(object);
            return object.toBuffer();
        }
        if (json instanceof JsonArray array) {
            redact(array);
            return array.toBuffer();
        }
        return null;
    }

    private static void redact(JsonObject object) {
        for (String name : Set.copyOf(object.fieldNames())) {
            Object value = object.getValue(name);
            if (value != null && holdsSecret(name)) {
                object.put(name, PLACEHOLDER);
            } else {
                within(value);
            }
        }
    }

    private static void redact(JsonArray array) {
        array.forEach(TokenAnswers::within);
    }

    private static void within(@Nullable Object value) {
        if (value instanceof JsonObject object) {
            redact(object);
        } else if (value instanceof JsonArray array) {
            redact(array);
        }
    }

    private static boolean holdsSecret(String name) {
        String plain = name.toLowerCase(Locale.ROOT).replace("_", "").replace("-", "");
        return ENDINGS.stream().anyMatch(plain::endsWith);
    }
}
