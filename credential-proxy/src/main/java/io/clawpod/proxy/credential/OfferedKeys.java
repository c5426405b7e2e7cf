package io.clawpod.proxy.credential;

import io.vertx.core.MultiMap;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The keys among the subprotocols that a WebSocket's client offers. A browser's WebSocket has no way to set a header, so several
 * APIs take a key there. Pure.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc6455#section-11.3.4">RFC 6455 section 11.3.4</a>
 */
public final class OfferedKeys {
    private static final String OFFER = "sec-websocket-protocol";

    /** What stands before a key: OpenAI's Realtime API; xAI's. */
    private static final List<String> PLAIN = List.of("openai-insecure-api-key.", "xai-client-secret.");

    /** The same, with the key in Base64's URL alphabet: the Kubernetes API server; Phoenix. */
    private static final List<String> ENCODED =
            List.of("base64url.bearer.authorization.k8s.io.", "base64url.bearer.phx.");

    /** Offers that say that the next is a key: Deepgram's. */
    private static final List<String> ANNOUNCED = List.of("token", "bearer");

    private OfferedKeys() {}

    /** What is offered, taken apart, each in its order. */
    private record Offer(List<String> keys, List<String> rest) {}

    /** The keys that are offered, in their order. */
    public static List<String> in(MultiMap headers) {
        return headers.contains(OFFER) ? offer(headers).keys() : List.of();
    }

    /** Takes what is a key out of the offer, and the offer out of {@code headers} if nothing is left of it. */
    static void strip(MultiMap headers) {
        if (!headers.contains(OFFER)) {
            return;
        }
        List<String> rest = offer(headers).rest();
        headers.remove(OFFER);
        if (!rest.isEmpty()) {
            headers.set(OFFER, String.join(", ", rest));
        }
    }

    private static Offer offer(MultiMap headers) {
        Offer offer = new Offer(new ArrayList<>(), new ArrayList<>());
        String before = "";
        for (String value : headers.getAll(OFFER)) {
            for (String each : value.split(",", -1)) {
                String offered = each.trim();
                if (offered.isEmpty()) {
                    continue;
                }
                String key = key(offered, before);
                if (key == null) {
                    offer.rest().add(offered);
                } else {
                    offer.keys().add(key);
                }
                before = offered;
            }
        }
        return offer;
    }

    private static @Nullable String key(String offer, String before) {
        String plain = after(PLAIN, offer);
        if (plain != null) {
            return plain;
        }
        String encoded = after(ENCODED, offer);
        if (encoded != null) {
            return decoded(encoded);
        }
        return ANNOUNCED.contains(before.toLowerCase(Locale.ROOT)) ? offer : null;
    }

    private static @Nullable String after(List<String> prefixes, String offer) {
        for (String prefix : prefixes) {
            if (offer.regionMatches(true, 0, prefix, 0, prefix.length())) {
                return offer.substring(prefix.length());
            }
        }
        return null;
    }

    /** What is no Base64 is a key all the same, if no token of ours. */
    private static String decoded(String encoded) {
        try {
            return new String(Base64.getUrlDecoder().decode(encoded), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return encoded;
        }
    }
}
