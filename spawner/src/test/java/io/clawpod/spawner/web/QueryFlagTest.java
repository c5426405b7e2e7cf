package io.clawpod.spawner.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.clawpod.common.InvalidValue;
import jakarta.ws.rs.core.MultivaluedHashMap;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class QueryFlagTest {
    private static boolean isOn(String... values) {
        MultivaluedMap<String, String> query = new MultivaluedHashMap<>();
        if (values.length > 0) {
            query.put("follow", List.of(values));
        }
        UriInfo request = mock(UriInfo.class);
        when(request.getQueryParameters()).thenReturn(query);
        return QueryFlag.isOn("follow", request);
    }

    @ParameterizedTest
    @CsvSource({"'', true", "true, true", "TRUE, true", "false, false", "False, false"})
    void aFlagIsOnWhenItIsThere(String value, boolean on) {
        assertEquals(on, isOn(value));
    }

    @Test
    void aFlagIsOffWhenItIsNotThere() {
        assertFalse(isOn());
        assertTrue(isOn(""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "yes", " true", "given twice"})
    void whatIsNeitherTrueNorFalseIsRefused(String value) {
        assertEquals(
                "follow", assertThrows(InvalidValue.class, () -> isOn(value)).field());
    }

    @Test
    void aFlagThatIsGivenTwiceIsRefused() {
        assertEquals(
                "follow",
                assertThrows(InvalidValue.class, () -> isOn("true", "true")).field());
    }
}
