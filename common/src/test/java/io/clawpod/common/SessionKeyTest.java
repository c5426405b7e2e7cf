package io.clawpod.common;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SessionKeyTest {
    private static final String DNS_LABEL = "[a-z]([a-z0-9-]{0,61}[a-z0-9])?|[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";

    @ParameterizedTest
    @CsvSource({
        "nanoclaw-v2-Family_Chat-1769000000000, nanoclaw-v2-family-chat-1769000000000-",
        "___, session-",
        "日本語, session-",
        "Ünïcode tëxt!, n-code-t-xt-",
        "-a-, a-",
    })
    void aPodNameKeepsTheReadablePartOfTheKey(String key, String prefix) {
        String name = SessionKey.of("3f2a9c1e", key).podName();
        assertEquals(prefix, name.substring(0, name.length() - 10));
        assertTrue(name.matches(DNS_LABEL), name);
    }

    @Test
    void aPodNameIsADnsLabelForTheLongestKey() {
        String name = SessionKey.of("i", "a".repeat(253)).podName();
        assertEquals(59, name.length());
        assertTrue(name.matches(DNS_LABEL), name);
    }

    @Test
    void aPodNameIsTheSameEverywhereAndForever() {
        assertEquals("demo-1-290a56ce6b", SessionKey.of("3f2a9c1e", "demo 1").podName());
    }

    @Test
    void installAndKeyCannotBeShiftedIntoEachOther() {
        assertNotEquals(
                SessionKey.of("a", "b-c").podName(), SessionKey.of("a-b", "c").podName());
        assertNotEquals(
                SessionKey.of("a", "B").podName(), SessionKey.of("a", "b").podName());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a\nb", "a\u0000", "\ud800", "\u2028"})
    void aKeyThatIsNotPrintableTextIsRefused(String key) {
        InvalidValue invalid = assertThrows(InvalidValue.class, () -> SessionKey.of("i", key));
        assertEquals("key", invalid.field());
    }

    @Test
    void aKeyThatIsTooLongIsRefused() {
        assertThrows(InvalidValue.class, () -> SessionKey.of("i", "a".repeat(254)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-a", "a-", "a/b", "a b", "ä"})
    void anInstallThatIsNoLabelValueIsRefused(String install) {
        InvalidValue invalid = assertThrows(InvalidValue.class, () -> new InstallSlug(install));
        assertEquals("install", invalid.field());
    }

    @Test
    void theSlugOfAnInstallFolderIsTheHosts() {
        // printf /opt/nanoclaw | sha1sum | cut -c1-8
        assertEquals("3282970f", InstallSlug.ofFolder("/opt/nanoclaw").value());
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "with/slash", "with//two", "sp ace"})
    void theTextFormReadsBack(String key) {
        SessionKey session = SessionKey.of("3f2a9c1e", key);
        assertEquals(session, SessionKey.parse(session.toString()));
    }
}
