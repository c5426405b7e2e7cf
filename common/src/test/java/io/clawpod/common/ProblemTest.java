package io.clawpod.common;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ProblemTest {
    @Test
    void anInvalidValueBecomesFieldDetailAndRemedy() {
        InvalidValue invalid = new InvalidValue("hostPath", "is not absolute", "begin with /").under("mounts[2]");
        var members = Problem.of(ErrorCode.INVALID_SPEC, invalid).withId("4f").members();
        assertEquals(
                List.of("type", "title", "status", "code", "detail", "field", "remedy", "id"),
                List.copyOf(members.keySet()));
        assertEquals("mounts[2].hostPath", members.get("field"));
        assertEquals("mounts[2].hostPath is not absolute", members.get("detail"));
        assertEquals(422, members.get("status"));
    }

    @Test
    void membersThatSayNothingAreLeftOut() {
        var members = Problem.of(ErrorCode.NOT_FOUND, "nothing").members();
        assertEquals(Set.of("type", "title", "status", "code", "detail"), members.keySet());
    }

    @Test
    void everyCodeIsUniqueAndItsStatusAnError() {
        Set<String> codes = new HashSet<>();
        for (ErrorCode code : ErrorCode.values()) {
            assertTrue(codes.add(code.code()), code::code);
            assertTrue(code.status() >= 400 && code.status() < 600, code::code);
        }
    }
}
