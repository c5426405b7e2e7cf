package io.clawpod.proxy.identity;

import io.clawpod.proxy.credential.OfferedKeys;
import io.vertx.core.MultiMap;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Finds in a request's headers what may be a session token. Pure. */
final class PresentedTokens {
    /** How many candidates are looked at, so that a request cannot ask for many signature checks. */
    static final int MAX = 8;

    /** Anthropic's header; Azure OpenAI's; Gemini's. */
    private static final List<String> KEYS = List.of("x-api-key", "api-key", "x-goog-api-key");

    private PresentedTokens() {}

    /** The candidates in order of preference: headers for a key, Authorization, Proxy-Authorization, a WebSocket's offer; each out of its shape. */
    static List<String> in(MultiMap headers, UnaryOperator<String> unwrap) {
        List<String> tokens = new ArrayList<>();
        for (String name : KEYS) {
            for (String value : headers.getAll(name)) {
                add(tokens, value.trim());
            }
        }
        for (String name : List.of("authorization", "proxy-authorization")) {
            for (String value : headers.getAll(name)) {
                add(tokens, token(value.trim()));
            }
        }
        for (String key : OfferedKeys.in(headers)) {
            add(tokens, key);
        }
        tokens.replaceAll(unwrap);
        return tokens;
    }

    private static void add(List<String> tokens, @Nullable String token) {
        if (token != null && !token.isEmpty() && tokens.size() < MAX) {
            tokens.add(token);
        }
    }

    private static @Nullable String token(String value) {
        int space = value.indexOf(' ');
        if (space < 0) {
            return null;
        }
        String rest = value.substring(space + 1).trim();
        return switch (value.substring(0, space).toLowerCase(Locale.ROOT)) {
            case "bearer" -> rest;
            case "basic" -> ofBasic(rest);
            default -> null;
        };
    }

    /** Git, curl and clients that only know a proxy's URL send a token as a password, or as a name without one (RFC 7617). */
    private static @Nullable String ofBasic(String encoded) {
        String pair;
        try {
            byte[] bytes = Base64.getDecoder().decode(encoded);
            pair = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (IllegalArgumentException | CharacterCodingException e) {
            return null;
        }
        int colon = pair.indexOf(':');
        if (colon < 0) {
            return null;
        }
        String password = pair.substring(colon + 1);
        return password.isEmpty() ? pair.substring(0, colon) : password;
    }
}
