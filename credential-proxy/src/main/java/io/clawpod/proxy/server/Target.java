package io.clawpod.proxy.server;

import io.clawpod.common.InvalidValue;
import java.util.Locale;

/** Request targets: origin-form only (RFC 9112 section 3.2.1), and no path that another reader could read as another. Pure. */
final class Target {
    private static final String FIELD = "target";

    private Target() {}

    /** Takes the query off. */
    static String path(String target) {
        int query = target.indexOf('?');
        return query < 0 ? target : target.substring(0, query);
    }

    /**
     * Checks a target. An encoded slash is kept as it is, but counts as a slash when dot segments are looked for.
     *
     * @throws InvalidValue if it must not be forwarded
     */
    static void check(String target) {
        if (!target.startsWith("/") || target.startsWith("//")) {
            throw new InvalidValue(FIELD, "is not a path", "send a path that begins with one slash");
        }
        for (int i = 0; i < target.length(); i++) {
            char c = target.charAt(i);
            if (c <= ' ' || c >= 0x7f || c == '#' || c == '\\') {
                throw new InvalidValue(FIELD, "has a character that no target has", "percent-encode it");
            }
        }
        String path = path(target);
        for (int percent = path.indexOf('%'); percent >= 0; percent = path.indexOf('%', percent + 1)) {
            int high = percent + 1 < path.length() ? Character.digit(path.charAt(percent + 1), 16) : -1;
            int low = percent + 2 < path.length() ? Character.digit(path.charAt(percent + 2), 16) : -1;
            if (high < 0 || low < 0 || (high * 16 + low) < ' ' || (high * 16 + low) == 0x7f) {
                throw new InvalidValue(FIELD, "has a percent sign that encodes nothing useful", "encode it as %25");
            }
        }
        String plain = path.toLowerCase(Locale.ROOT)
                .replace("%2e", ".")
                .replace("%2f", "/")
                .replace("%5c", "/")
                .replace("%3b", ";");
        for (String segment : plain.split("/", -1)) {
            // Some servers cut parameters off before they resolve dots: /..;x/ is /../ to them.
            int parameters = segment.indexOf(';');
            String name = parameters < 0 ? segment : segment.substring(0, parameters);
            if (name.equals(".") || name.equals("..")) {
                throw new InvalidValue(FIELD, "has a dot segment", "resolve . and .. before you send it");
            }
        }
    }
}
