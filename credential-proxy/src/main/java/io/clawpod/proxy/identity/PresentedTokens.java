package io.clawpod.proxy.identity;

import io.vertx.core.MultiMap;
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
    static final int MAX = 4;

    private PresentedTokens() {}

    /** The candidates in order of preference: x-api-key, Authorization, Proxy-Authorization; each out of its shape. */
    static List<String> in(MultiMap headers, UnaryOperator<String> unwrap) {
        List<String> tokens = new ArrayList<>();
        for (String value : headers.getAll("x-api-key")) {
            add(tokens, value.trim());
        }
        for (String name : List.of("authorization", "proxy-authorization")) {
            for (String value : headers.getAll(name)) {
                add(tokens, token(value.trim()));
            }
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
            case "basic" -> password(rest);
            default -> null;
        };
    }

    /** Clients that only know proxy URLs send a token as the password of Basic (RFC 7617). */
    private static @Nullable String password(String encoded) {
        try {
            String pair = new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
            int colon = pair.indexOf(':');
            return colon < 0 ? null : pair.substring(colon + 1);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
