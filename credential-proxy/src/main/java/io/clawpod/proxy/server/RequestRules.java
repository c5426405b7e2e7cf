package io.clawpod.proxy.server;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.InvalidValue;
import io.clawpod.common.Problem;
import io.vertx.core.MultiMap;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a request must look like to be taken at all. Where RFC 9112 leaves a server the choice to repair or to refuse, we
 * refuse: a repaired request means one thing here and may mean another upstream. Pure.
 */
final class RequestRules {
    private static final Set<String> METHODS = Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

    private static final Pattern HOST =
            Pattern.compile("([A-Za-z0-9._-]{1,255}|\\[[0-9A-Fa-f:.]{2,45}])(:[0-9]{1,5})?");
    private static final Pattern LENGTH = Pattern.compile("[0-9]{1,18}");

    private RequestRules() {}

    /**
     * Checks a request's head.
     *
     * @param version as the request line has it: {@code HTTP/1.1}
     * @return what is wrong, or null if nothing is
     */
    static @Nullable Problem check(String method, String target, String version, MultiMap headers) {
        if (!METHODS.contains(method)) {
            return Problem.of(
                    ErrorCode.METHOD_NOT_ALLOWED,
                    "This method is not forwarded.",
                    "Use " + METHODS.stream().sorted().toList() + ".");
        }
        try {
            if (!version.equals("HTTP/1.1")) {
                throw new InvalidValue("version", "is not HTTP/1.1", "speak HTTP/1.1");
            }
            Target.check(target);
            host(headers.getAll("host"));
            framing(headers);
            upgrade(method, headers);
            if (headers.contains("")) {
                throw new InvalidValue("headers", "have one without a name", "leave it out");
            }
        } catch (InvalidValue e) {
            return Problem.of(ErrorCode.MALFORMED_REQUEST, e);
        }
        return null;
    }

    private static void host(List<String> hosts) {
        if (hosts.size() != 1) {
            throw new InvalidValue(
                    "Host", "is there " + hosts.size() + " times", "send it once (RFC 9112 section 3.2)");
        }
        if (!HOST.matcher(hosts.get(0)).matches()) {
            throw new InvalidValue("Host", "is not a name or address with a port", "send the name that you called");
        }
    }

    private static void framing(MultiMap headers) {
        List<String> encodings = headers.getAll("transfer-encoding");
        if (encodings.size() > 1
                || (encodings.size() == 1 && !encodings.get(0).trim().equalsIgnoreCase("chunked"))) {
            throw new InvalidValue("Transfer-Encoding", "is not chunked alone", "use chunked, or send Content-Length");
        }
        List<String> lengths = headers.getAll("content-length");
        if (!encodings.isEmpty() && !lengths.isEmpty()) {
            throw new InvalidValue("Content-Length", "stands beside Transfer-Encoding", "send one of them");
        }
        if (lengths.size() > 1
                || (lengths.size() == 1 && !LENGTH.matcher(lengths.get(0)).matches())) {
            throw new InvalidValue("Content-Length", "is not one decimal number", "send one");
        }
        for (String value : headers.getAll("expect")) {
            if (!value.trim().toLowerCase(Locale.ROOT).equals("100-continue")) {
                throw new InvalidValue("Expect", "is not 100-continue", "leave it out");
            }
        }
    }

    private static void upgrade(String method, MultiMap headers) {
        List<String> offers = headers.getAll("upgrade");
        if (offers.isEmpty() || offers.stream().allMatch(offer -> offer.trim().equalsIgnoreCase("h2c"))) {
            // Java's and curl's clients offer h2c by default, and take HTTP/1.1 for an answer (RFC 9110 section 7.8).
            return;
        }
        if (offers.size() > 1 || !offers.get(0).trim().equalsIgnoreCase("websocket")) {
            throw new InvalidValue(
                    "Upgrade", "is not offered", "leave it out and speak HTTP/1.1, or ask for websocket");
        }
        // RFC 6455 section 4.2.1. What is let through here is relayed as bytes later, so it must be nothing else.
        boolean connection = headers.getAll("connection").stream()
                .flatMap(line -> Arrays.stream(line.split(",", -1)))
                .anyMatch(option -> option.trim().equalsIgnoreCase("upgrade"));
        List<String> keys = headers.getAll("sec-websocket-key");
        boolean handshake = method.equals("GET")
                && connection
                && headers.getAll("sec-websocket-version").equals(List.of("13"))
                && keys.size() == 1
                && keys.get(0).matches("[A-Za-z0-9+/]{22}==")
                && !headers.contains("content-length")
                && !headers.contains("transfer-encoding");
        if (!handshake) {
            throw new InvalidValue("Upgrade", "is no whole WebSocket handshake", "follow RFC 6455 section 4.1");
        }
    }
}
