package io.clawpod.spawner.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.InvalidValue;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionState;
import io.clawpod.spawner.testing.SampleSessions;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ListQueryTest {
    private static final ListQuery ALL = ListQuery.parse(null, null, null, null, null);

    private final NavigableMap<SessionKey, Session> sessions = new TreeMap<>();

    private void add(String install, String key, @Nullable String group, SessionState state) {
        SessionKey session = SessionKey.of(install, key);
        sessions.put(session, SampleSessions.of(session, key, group, state, null));
    }

    private List<String> found(ListQuery query) {
        return sessions.values().stream()
                .filter(query.filter())
                .map(session -> session.key().toString())
                .toList();
    }

    private List<Session> page(int limit, @Nullable String token) {
        ListQuery query = ListQuery.parse(null, null, null, Integer.toString(limit), token);
        return sessions.values().stream()
                .filter(query.filter())
                .limit(query.limit())
                .toList();
    }

    @Test
    void withoutParametersEverySessionIsAskedFor() {
        add("i", "a", null, SessionState.ENDED);
        add("j", "b", "g", SessionState.RUNNING);
        assertEquals(List.of("i/a", "j/b"), found(ALL));
        assertEquals(ListQuery.DEFAULT_LIMIT, ALL.limit());
    }

    @Test
    void eachParameterNarrows() {
        add("i", "a", "g", SessionState.RUNNING);
        add("i", "b", "h", SessionState.RUNNING);
        add("i", "c", null, SessionState.ENDED);
        add("j", "d", "g", SessionState.ENDED);
        assertEquals(List.of("i/a", "i/b", "i/c"), found(ListQuery.parse("i", null, null, null, null)));
        assertEquals(List.of("i/a", "j/d"), found(ListQuery.parse(null, "g", null, null, null)));
        assertEquals(List.of("i/c", "j/d"), found(ListQuery.parse(null, null, "ended", null, null)));
        assertEquals(List.of("i/a"), found(ListQuery.parse("i", "g", "Running", null, null)));
        assertEquals(List.of(), found(ListQuery.parse("k", null, null, null, null)));
    }

    @Test
    void sessionsThatComeAndGoBetweenPagesNeitherShiftNorRepeatTheOthers() {
        Stream.of("b", "d", "f", "h", "j").forEach(key -> add("i", key, null, SessionState.RUNNING));
        List<Session> first = page(2, null);
        assertEquals(List.of("b", "d"), keys(first));

        sessions.remove(SessionKey.of("i", "b"));
        sessions.remove(SessionKey.of("i", "d"));
        Stream.of("a", "c", "e").forEach(key -> add("i", key, null, SessionState.RUNNING));
        List<Session> second = page(2, ListQuery.tokenAfter(first));
        assertEquals(List.of("e", "f"), keys(second));

        sessions.remove(SessionKey.of("i", "f"));
        assertEquals(List.of("h", "j"), keys(page(2, ListQuery.tokenAfter(second))));
    }

    private static List<String> keys(List<Session> page) {
        return page.stream().map(session -> session.key().key()).toList();
    }

    @Test
    void allPagesTogetherAreAllSessionsInOrder() {
        for (String install : List.of("a", "a.b", "B", "b")) {
            Stream.of("x", "X", "x/y", "ü", "日本", "x y").forEach(key -> add(install, key, null, SessionState.RUNNING));
        }
        for (int limit = 1; limit <= sessions.size() + 1; limit++) {
            List<Session> seen = new ArrayList<>();
            List<Session> page = page(limit, null);
            while (!page.isEmpty()) {
                seen.addAll(page);
                page = page(limit, ListQuery.tokenAfter(page));
            }
            assertEquals(List.copyOf(sessions.values()), seen);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "!", "aQ", "a b", "Lw", "LXgvYQ"})
    void whatIsNoPageTokenIsRefused(String token) {
        InvalidValue fault = assertThrows(InvalidValue.class, () -> ListQuery.parse(null, null, null, null, token));
        assertEquals("continue", fault.field());
    }

    @Test
    void aPageTokenSurvivesAUrl() {
        add("i", "???>>>", null, SessionState.RUNNING);
        String token = ListQuery.tokenAfter(List.copyOf(sessions.values()));
        assertEquals("i/???>>>", new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8));
        assertTrue(token.matches("[A-Za-z0-9_-]+"), token);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "a b, -, -, install",
                "'', -, -, install",
                "-, dead, -, state",
                "-, '', -, state",
                "-, -, 0, limit",
                "-, -, 1001, limit",
                "-, -, all, limit"
            })
    void aParameterThatIsWrongIsNamed(
            @Nullable String install, @Nullable String state, @Nullable String limit, String field) {
        InvalidValue fault = assertThrows(InvalidValue.class, () -> ListQuery.parse(install, null, state, limit, null));
        assertEquals(field, fault.field());
    }

    @Test
    void aPageHasAtMostAThousandSessions() {
        assertEquals(1000, ListQuery.parse(null, null, null, "1000", null).limit());
        assertEquals(1, ListQuery.parse(null, null, null, "1", null).limit());
    }
}
