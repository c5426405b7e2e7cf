package io.clawpod.spawner.onecli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.session.SessionSpec;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AgentTest {
    private static Agent read(String json) {
        return Agent.read(json.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void anAgentIsItsGroup() {
        assertEquals(
                new Agent("ag-1", "Family Chat", "ag-1"),
                read("{\"name\":\"Family Chat\",\"identifier\":\"ag-1\",\"parentIdentifier\":\"ag-0\"}"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|body",
                "{|body",
                "[]|body",
                "null|body",
                "{} {}|body",
                "{\"name\":\"a\",\"name\":\"b\",\"identifier\":\"c\"}|body",
                "{}|identifier",
                "{\"identifier\":\"a\"}|name",
                "{\"name\":\"a\"}|identifier",
                "{\"name\":\"a\",\"identifier\":null}|identifier",
                "{\"name\":\"a\",\"identifier\":7}|identifier",
                "{\"name\":\"a\",\"identifier\":\" \"}|identifier",
                "{\"name\":\"\",\"identifier\":\"a\"}|name",
                "{\"name\":\"a\",\"identifier\":\"a\\nb\"}|identifier"
            })
    void whatIsWrongIsNamed(String json, String field) {
        InvalidValue wrong = assertThrows(InvalidValue.class, () -> read(json));
        assertEquals(field, wrong.field());
        assertFalse(wrong.remedy().isBlank());
    }

    @Test
    void anIdentifierIsAsLongAsAGroupMayBe() {
        String longest = "a".repeat(SessionSpec.MAX_NAME_LENGTH);
        assertEquals(longest, new Agent(longest, longest, longest).identifier());
        assertThrows(InvalidValue.class, () -> new Agent("a", "a", longest + "a"));
    }
}
