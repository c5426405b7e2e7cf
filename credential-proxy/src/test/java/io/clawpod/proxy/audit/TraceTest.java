package io.clawpod.proxy.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceTest {
    private static final String ID = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String GOOD = "00-" + ID + "-00f067aa0ba902b7-01";

    @ParameterizedTest
    @ValueSource(
            strings = {GOOD, "cc-" + ID + "-00f067aa0ba902b7-01-what-is-to-come", "cc-" + ID + "-00f067aa0ba902b7-01"})
    void aTraceThatTheCallerBeganGoesOn(String header) {
        assertEquals(new Trace(ID, header, false), Trace.of(List.of(header)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00",
                "00-" + ID + "-00f067aa0ba902b7",
                "ff-" + ID + "-00f067aa0ba902b7-01",
                "00-" + ID + "-00f067aa0ba902b7-01-more",
                "cc-" + ID + "-00f067aa0ba902b7-01.more",
                "00-" + ID + "-0000000000000000-01",
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            })
    void whatCannotBeReadIsReplaced(String header) {
        Trace trace = Trace.of(List.of(header));
        assertTrue(trace.made());
        assertNotEquals(ID, trace.id());
    }

    @Test
    void withoutOneAndWithTwoANewOneIsMadeThatReadsBack() {
        for (List<String> headers : List.of(List.<String>of(), List.of(GOOD, GOOD))) {
            Trace made = Trace.of(headers);
            assertTrue(made.made());
            Trace read = Trace.of(List.of(made.traceparent()));
            assertFalse(read.made());
            assertEquals(made.id(), read.id());
        }
    }
}
