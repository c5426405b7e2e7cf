package io.clawpod.proxy.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class LineTest {
    @Test
    void noValueCanPassForAnotherKeyOrLine() {
        String line = new Line()
                .add("a", "plain/value")
                .add("b", null)
                .add("c", "x status=200")
                .add("d", "two\nlines \"quoted\" \\")
                .add("e", "")
                .toString();
        assertEquals("a=plain/value b=- c=\"x status=200\" d=\"two\\u000alines \\\"quoted\\\" \\\\\" e=\"\"", line);
    }

    @Test
    void aLongValueIsCut() {
        assertTrue(new Line().add("path", "/".repeat(100_000)).toString().length() < Line.MAX_VALUE + 20);
    }
}
