package io.clawpod.proxy.policy;

import io.clawpod.common.InvalidValue;
import java.util.List;

/**
 * A pattern for paths, segment by segment: {@code *} stands for one segment, {@code **} for any number of them, none
 * included; everything else for itself, as it reads once decoded.
 */
public final class PathPattern {
    static final int MAX_SEGMENTS = 32;
    private static final String ONE = "*";
    private static final String ANY = "**";

    private final String text;
    private final String[] segments;

    private PathPattern(String text, String[] segments) {
        this.text = text;
        this.segments = segments;
    }

    /** @throws InvalidValue if it is no pattern, or could never match because paths are matched in another form */
    public static PathPattern of(String text) {
        if (!text.startsWith("/")) {
            throw new InvalidValue("", "does not begin with a slash", "write /v1/messages, /v1/*/x or /v1/**");
        }
        if (text.chars()
                .anyMatch(c -> c == '%' || c == ';' || c == '?' || c == '#' || c == '\\' || c <= ' ' || c == 0x7f)) {
            throw new InvalidValue("", "has one of % ; ? # \\ or a space", "write the path decoded, without query");
        }
        if (text.equals("/")) {
            return new PathPattern(text, new String[0]);
        }
        String[] segments = text.substring(1).split("/", -1);
        if (segments.length > MAX_SEGMENTS) {
            throw new InvalidValue("", "has too many segments", "use at most " + MAX_SEGMENTS);
        }
        for (String segment : segments) {
            if (segment.equals(".") || segment.equals("..") || segment.isEmpty()) {
                throw new InvalidValue("", "has an empty or a dot segment", "leave it out; /x/** covers /x/ too");
            }
            if (segment.contains("*") && !segment.equals(ONE) && !segment.equals(ANY)) {
                throw new InvalidValue("", "has a * within a segment", "let * or ** be the whole segment");
            }
        }
        return new PathPattern(text, segments);
    }

    /** A pattern for one path, whatever is in its decoded segments; a segment that is {@code *} or {@code **} matches more. */
    static PathPattern literal(List<String> segments) {
        return new PathPattern("/" + String.join("/", segments), segments.toArray(String[]::new));
    }

    /** Whether the path with these segments matches; {@code anyCase} compares letters without their case. */
    boolean matches(List<String> path, boolean anyCase) {
        int p = 0;
        int n = 0;
        int star = -1;
        int from = 0;
        while (n < path.size()) {
            if (p < segments.length && segments[p].equals(ANY)) {
                star = p++;
                from = n;
            } else if (p < segments.length && one(segments[p], path.get(n), anyCase)) {
                p++;
                n++;
            } else if (star >= 0) {
                p = star + 1;
                n = ++from;
            } else {
                return false;
            }
        }
        while (p < segments.length && segments[p].equals(ANY)) {
            p++;
        }
        return p == segments.length;
    }

    private static boolean one(String pattern, String segment, boolean anyCase) {
        return pattern.equals(ONE) || (anyCase ? pattern.equalsIgnoreCase(segment) : pattern.equals(segment));
    }

    @Override
    public String toString() {
        return text;
    }
}
