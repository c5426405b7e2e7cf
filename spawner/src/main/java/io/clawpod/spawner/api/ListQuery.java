package io.clawpod.spawner.api;

import io.clawpod.common.InstallSlug;
import io.clawpod.common.InvalidValue;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionState;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which sessions a caller wants to see, and which page of them. Sessions come in the order of their keys, so a page token
 * names the last key seen: sessions that come and go between pages neither shift nor repeat the others.
 *
 * @param limit sessions a page, 1 to {@value #MAX_LIMIT}
 * @param after the last session of the page before
 */
record ListQuery(
        @Nullable InstallSlug install,
        @Nullable String group,
        @Nullable SessionState state,
        int limit,
        @Nullable SessionKey after) {
    static final int DEFAULT_LIMIT = 100;
    static final int MAX_LIMIT = 1000;

    /** @throws InvalidValue naming the query parameter that is wrong */
    static ListQuery parse(
            @Nullable String install,
            @Nullable String group,
            @Nullable String state,
            @Nullable String limit,
            @Nullable String token) {
        return new ListQuery(
                install == null ? null : new InstallSlug(install),
                group,
                state == null ? null : state(state),
                limit == null ? DEFAULT_LIMIT : limit(limit),
                token == null ? null : after(token));
    }

    private static SessionState state(String text) {
        return Arrays.stream(SessionState.values())
                .filter(state -> state.code().equals(text.toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new InvalidValue(
                        "state",
                        "is no state",
                        "use "
                                + Arrays.stream(SessionState.values())
                                        .map(SessionState::code)
                                        .collect(Collectors.joining(", "))));
    }

    private static int limit(String text) {
        return NumberParameter.parse("limit", text, 1, MAX_LIMIT);
    }

    private static SessionKey after(String token) {
        try {
            return SessionKey.parse(new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            throw new InvalidValue("continue", "is no page token", "use the one that the page before gave");
        }
    }

    Predicate<Session> filter() {
        return session -> (install == null || install.equals(session.key().install()))
                && (group == null || group.equals(session.group()))
                && (state == null || state == session.state())
                && (after == null || session.key().compareTo(after) > 0);
    }

    /** The token of the page after one that ends with {@code page}'s last session. */
    static String tokenAfter(List<Session> page) {
        String last = page.get(page.size() - 1).key().toString();
        return Base64.getUrlEncoder().withoutPadding().encodeToString(last.getBytes(StandardCharsets.UTF_8));
    }
}
