package io.clawpod.spawner.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.clawpod.common.InvalidValue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class UserTest {
    @ParameterizedTest
    @CsvSource({
        "1000, 1000, 1000, false",
        "1000:2000, 1000, 2000, false",
        "1000:0, 1000, 0, false",
        "0, 0, 0, true",
        "0:1000, 0, 1000, true",
        "00, 0, 0, true",
        "2147483647:2147483647, 2147483647, 2147483647, false"
    })
    void aUserIsNumbers(String text, long uid, long gid, boolean root) {
        User user = User.parse(text);
        assertEquals(uid, user.uid());
        assertEquals(gid, user.effectiveGid());
        assertEquals(root, user.isRoot());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "node",
                "1000:",
                ":1000",
                "1000:node",
                "-1",
                "1000:-1",
                "2147483648",
                "0:2147483648",
                "1 ",
                "1:2:3",
                "99999999999",
                "0x0",
                "٣"
            })
    void whatIsNoNumberInBoundsIsRefused(String text) {
        InvalidValue fault = assertThrows(InvalidValue.class, () -> User.parse(text));
        assertEquals("user", fault.field());
    }

    @Test
    void aUserReadsAsItIsWritten() {
        assertEquals("1000", User.parse("1000").toString());
        assertEquals("1000:0", User.parse("1000:0").toString());
        assertThrows(InvalidValue.class, () -> new User(-1, null));
        assertThrows(InvalidValue.class, () -> new User(1, -1L));
    }
}
