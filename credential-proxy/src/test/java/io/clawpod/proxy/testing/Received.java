package io.clawpod.proxy.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * An answer as a client without mercy reads it off a connection that has ended.
 *
 * @param whole whether the body ended as its framing says, and was not just broken off
 * @param trailers of a chunked body
 */
public record Received(int status, List<String> headers, String body, boolean whole, List<String> trailers) {
    /** Reads one answer; {@code bodyless} if none can have a body, whatever its head says. */
    public static Received parse(String bytes, boolean bodyless) {
        int end = bytes.indexOf("\r\n\r\n");
        if (!bytes.startsWith("HTTP/1.1 ") || end < 0) {
            throw new AssertionError("no answer: " + bytes);
        }
        List<String> lines = List.of(bytes.substring(0, end).split("\r\n"));
        int status = Integer.parseInt(bytes.substring(9, 12));
        List<String> headers = lines.subList(1, lines.size());
        String rest = bytes.substring(end + 4);
        String framing = value(headers, "transfer-encoding");
        String length = value(headers, "content-length");
        if (bodyless || status == 204 || status == 304) {
            return new Received(status, headers, rest, rest.isEmpty(), List.of());
        }
        if (framing.equals("chunked")) {
            return chunked(status, headers, rest);
        }
        return new Received(
                status, headers, rest, !length.isEmpty() && rest.length() == Integer.parseInt(length), List.of());
    }

    public String header(String name) {
        return value(headers, name);
    }

    private static String value(List<String> headers, String name) {
        List<String> values = new ArrayList<>();
        for (String header : headers) {
            int colon = header.indexOf(':');
            if (header.substring(0, colon).toLowerCase(Locale.ROOT).equals(name)) {
                values.add(header.substring(colon + 1).trim());
            }
        }
        return String.join("|", values);
    }

    private static Received chunked(int status, List<String> headers, String rest) {
        StringBuilder body = new StringBuilder();
        int at = 0;
        while (true) {
            int line = rest.indexOf("\r\n", at);
            if (line < 0) {
                return new Received(status, headers, body.toString(), false, List.of());
            }
            int size = Integer.parseInt(rest.substring(at, line), 16);
            if (size == 0) {
                String tail = rest.substring(line + 2);
                boolean whole = tail.equals("\r\n") || tail.endsWith("\r\n\r\n");
                List<String> trailers = new ArrayList<>(List.of(tail.split("\r\n")));
                trailers.removeIf(String::isEmpty);
                return new Received(status, headers, body.toString(), whole, trailers);
            }
            int to = Math.min(rest.length(), line + 2 + size);
            body.append(rest, line + 2, to);
            at = line + 2 + size + 2;
            if (at > rest.length()) {
                return new Received(status, headers, body.toString(), false, List.of());
            }
        }
    }
}
