package io.clawpod.spawner.session;

import io.clawpod.common.InvalidValue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The numeric user that the agent runs as. Names are not accepted: only the image could resolve them.
 *
 * @param uid 0 to 2147483647 (Kubernetes API, SecurityContext.runAsUser)
 * @param gid likewise; absent means the same number as {@code uid}
 */
public record User(long uid, @Nullable Long gid) {
    private static final long MAX_ID = Integer.MAX_VALUE;
    private static final Pattern SYNTAX = Pattern.compile("([0-9]{1,10})(?::([0-9]{1,10}))?");

    /** @throws InvalidValue if a number is out of bounds */
    public User {
        if (uid < 0 || uid > MAX_ID || (gid != null && (gid < 0 || gid > MAX_ID))) {
            throw fault();
        }
    }

    /** @throws InvalidValue if {@code text} is not {@code uid} or {@code uid:gid} in digits */
    public static User parse(String text) {
        Matcher matcher = SYNTAX.matcher(text);
        if (!matcher.matches()) {
            throw fault();
        }
        return new User(
                Long.parseLong(matcher.group(1)), matcher.group(2) == null ? null : Long.valueOf(matcher.group(2)));
    }

    private static InvalidValue fault() {
        return new InvalidValue("user", "is not a numeric user", "write uid or uid:gid, each from 0 to 2147483647");
    }

    /** The group that the agent runs as. */
    public long effectiveGid() {
        return gid == null ? uid : gid;
    }

    public boolean isRoot() {
        return uid == 0;
    }

    @Override
    public String toString() {
        return gid == null ? Long.toString(uid) : uid + ":" + gid;
    }
}
