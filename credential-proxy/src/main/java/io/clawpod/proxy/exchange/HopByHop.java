package io.clawpod.proxy.exchange;

import io.vertx.core.MultiMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

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
    private static final Set<String> NOT_TO_UPSTREAM = Set.of("host", "expect", "forwarded", "via", "x-real-ip");

    /** Cookies are not taken from clients either; Alt-Svc would invite a client past the proxy. */
    private static final Set<String> NOT_TO_CLIENT = Set.of("set-cookie", "set-cookie2", "alt-svc");

    private HopByHop() {}

    static void copyRequest(MultiMap from, MultiMap to) {
        copy(from, to, NOT_TO_UPSTREAM, true);
    }

    static void copyResponse(MultiMap from, MultiMap to) {
        copy(from, to, NOT_TO_CLIENT, false);
    }

    /** Whether a client wants its connection closed; Vert.x overlooks {@code close} within a list. */
    static boolean asksToClose(MultiMap headers) {
        return namedByConnection(headers.getAll("connection")).contains("close");
    }

    private static void copy(MultiMap from, MultiMap to, Set<String> dropped, boolean request) {
        Set<String> named = namedByConnection(from.getAll("connection"));
        from.forEach(header -> {
            String name = header.getKey().toLowerCase(Locale.ROOT);
            boolean kept = !HOP_BY_HOP.contains(name)
                    && !dropped.contains(name)
                    && !(named.contains(name) && !name.equals("content-length"))
                    && !(request && name.startsWith("x-forwarded-"));
            if (kept) {
                to.add(header.getKey(), header.getValue());
            }
        });
    }

    private static Set<String> namedByConnection(List<String> lines) {
        Set<String> names = new HashSet<>();
        for (String line : lines) {
            for (String name : line.split(",", -1)) {
                names.add(name.trim().toLowerCase(Locale.ROOT));
            }
        }
        return names;
    }
}
