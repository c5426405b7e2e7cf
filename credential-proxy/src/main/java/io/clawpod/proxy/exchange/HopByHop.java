package io.clawpod.proxy.exchange;

import io.vertx.core.MultiMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.UnaryOperator;

/** Copies the headers that are meant for the other end, and no others (RFC 9110 section 7.6.1). Pure. */
final class HopByHop {
    private static final Set<String> HOP_BY_HOP = Set.of(
            "connection",
            "keep-alive",
            "proxy-connection",
            "proxy-authenticate",
            "proxy-authentication-info",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "http2-settings");

    /** The exchange writes these itself, or the agents' network is nobody's business upstream. */
    private static final Set<String> NOT_TO_UPSTREAM =
            Set.of("host", "expect", "forwarded", "via", "x-real-ip", "accept-encoding");

    /** Cookies are not taken from clients either; Alt-Svc would invite a client past the proxy. */
    private static final Set<String> NOT_TO_CLIENT = Set.of("set-cookie", "set-cookie2", "alt-svc");

    /** What speaks of a body's bytes and is wrong once its coding has been taken off (RFC 9110 section 8.8.3 for ETag). */
    private static final Set<String> OF_CODED_BYTES = Set.of(
            "content-encoding",
            "content-length",
            "content-md5",
            "digest",
            "content-digest",
            "repr-digest",
            "accept-ranges",
            "etag");

    /** What would frame, route or authenticate a message, and so has no place in a trailer (RFC 9110 section 6.5.1). */
    private static final Set<String> NOT_IN_TRAILERS = Set.of(
            "content-length",
            "content-encoding",
            "content-type",
            "content-range",
            "host",
            "cache-control",
            "authorization",
            "www-authenticate",
            "location");

    private static final Set<String> DROPPED_UPSTREAM = both(HOP_BY_HOP, NOT_TO_UPSTREAM);
    private static final Set<String> DROPPED_TO_CLIENT = both(HOP_BY_HOP, NOT_TO_CLIENT);

    private HopByHop() {}

    private static Set<String> both(Set<String> some, Set<String> others) {
        Set<String> all = new HashSet<>(some);
        all.addAll(others);
        return all;
    }

    /** Copies a request's headers; answers are asked for without a coding, since they have to be read. */
    static void copyRequest(MultiMap from, MultiMap to) {
        copy(from, to, DROPPED_UPSTREAM, true, UnaryOperator.identity());
        to.set("accept-encoding", "identity");
    }

    /**
     * Copies an answer's headers.
     *
     * @param clean takes secrets out of a name or a value
     * @param decoded whether the body's coding is taken off
     */
    static void copyResponse(MultiMap from, MultiMap to, UnaryOperator<String> clean, boolean decoded) {
        copy(from, to, DROPPED_TO_CLIENT, false, clean);
        if (decoded) {
            OF_CODED_BYTES.forEach(to::remove);
        }
    }

    /** Copies an answer's trailers. */
    static void copyTrailers(MultiMap from, MultiMap to, UnaryOperator<String> clean) {
        copy(from, to, DROPPED_TO_CLIENT, false, clean);
        NOT_IN_TRAILERS.forEach(to::remove);
    }

    /** Whether a client wants its connection closed; Vert.x overlooks {@code close} within a list. */
    static boolean asksToClose(MultiMap headers) {
        return namedByConnection(headers.getAll("connection")).contains("close");
    }

    private static void copy(
            MultiMap from, MultiMap to, Set<String> dropped, boolean request, UnaryOperator<String> clean) {
        Set<String> named = namedByConnection(from.getAll("connection"));
        from.forEach(header -> {
            String name = header.getKey().toLowerCase(Locale.ROOT);
            boolean kept = !dropped.contains(name)
                    && !(named.contains(name) && !name.equals("content-length"))
                    && !(request && name.startsWith("x-forwarded-"));
            if (kept) {
                to.add(clean.apply(header.getKey()), clean.apply(header.getValue()));
            }
        });
    }

    private static Set<String> namedByConnection(List<String> lines) {
        if (lines.isEmpty()) {
            return Set.of();
        }
        Set<String> names = new HashSet<>();
        for (String line : lines) {
            for (String name : line.split(",", -1)) {
                names.add(name.trim().toLowerCase(Locale.ROOT));
            }
        }
        return names;
    }
}
