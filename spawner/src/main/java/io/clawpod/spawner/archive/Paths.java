package io.clawpod.spawner.archive;

import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Session;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Where what lies: {@code install/pod name/pod uid/}, and in it the record and the numbered pieces of the log. */
final class Paths {
    static final String RECORD = "record.json";

    private static final Pattern UID = Pattern.compile("[A-Za-z0-9-]{1,64}");
    private static final Pattern FILE = Pattern.compile(
            "([A-Za-z0-9][A-Za-z0-9._-]{0,62})/([a-z0-9-]{1,63})/([A-Za-z0-9-]{1,64})/(record\\.json|log-[0-9]{6}\\.gz)");

    private Paths() {}

    static String of(SessionKey key) {
        return key.install().value() + "/" + key.podName();
    }

    static String of(Session session) {
        return of(session.key()) + "/" + session.pod().uid();
    }

    static boolean isUid(String text) {
        return UID.matcher(text).matches();
    }

    static String segment(String folder, int number) {
        return folder + String.format(Locale.ROOT, "/log-%06d.gz", number);
    }

    /**
     * What a path names.
     *
     * @param folder of the session
     * @param segment number of the log's piece; -1 for the record
     */
    record Named(String folder, String install, String uid, int segment) {}

    /** Null for what is not ours. */
    static @Nullable Named parse(String path) {
        Matcher file = FILE.matcher(path);
        if (!file.matches()) {
            return null;
        }
        String name = file.group(4);
        return new Named(
                path.substring(0, path.length() - name.length() - 1),
                file.group(1),
                file.group(3),
                name.equals(RECORD) ? -1 : Integer.parseInt(name.substring(4, 10)));
    }
}
