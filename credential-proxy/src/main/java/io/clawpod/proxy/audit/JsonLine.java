package io.clawpod.proxy.audit;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.CharacterEscapes;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * Writes one JSON object (RFC 8259) on one line. Whatever a value holds, the line stays one line and the value one string:
 * what is not printable ASCII is escaped, so also the line ends that only some readers know, and half a surrogate pair.
 */
final class JsonLine {
    /** The greatest length of a string, in characters; what is longer is cut and ends in an ellipsis. */
    static final int MAX_VALUE = 512;

    private static final JsonFactory JSON = new JsonFactoryBuilder()
            .configure(JsonWriteFeature.ESCAPE_NON_ASCII, true)
            .characterEscapes(new Delete())
            .build();

    private final ByteArrayOutputStream text = new ByteArrayOutputStream(768);
    private final JsonGenerator json;

    /** JSON lets DEL stand as it is; a terminal does not. */
    private static final class Delete extends CharacterEscapes {
        private static final long serialVersionUID = 1;

        private final int[] ascii = standardAsciiEscapesForJSON();

        private Delete() {
            ascii[0x7f] = ESCAPE_STANDARD;
        }

        @Override
        public int[] getEscapeCodesForAscii() {
            return ascii;
        }

        @Override
        public @Nullable SerializableString getEscapeSequence(int c) {
            return null;
        }
    }

    private interface Step {
        void run() throws IOException;
    }

    JsonLine() {
        try {
            json = JSON.createGenerator(text, JsonEncoding.UTF8);
            json.writeStartObject();
        } catch (IOException e) {
            throw unthinkable(e);
        }
    }

    /** Adds a member; a value that is absent is written as {@code null}. */
    JsonLine add(String name, @Nullable String value) {
        String shown = value != null && value.length() > MAX_VALUE ? value.substring(0, MAX_VALUE) + "…" : value;
        return write(() -> json.writeStringField(name, shown));
    }

    JsonLine add(String name, long value) {
        return write(() -> json.writeNumberField(name, value));
    }

    /** Adds a number that may be absent. */
    JsonLine add(String name, @Nullable Long value) {
        return value == null ? write(() -> json.writeNullField(name)) : add(name, value.longValue());
    }

    /** The whole line, with its line end. */
    byte[] end() {
        write(() -> {
            json.writeEndObject();
            json.close();
        });
        text.write('\n');
        return text.toByteArray();
    }

    private JsonLine write(Step step) {
        try {
            step.run();
            return this;
        } catch (IOException e) {
            throw unthinkable(e);
        }
    }

    /** Nothing but memory is written to. */
    private static UncheckedIOException unthinkable(IOException e) {
        return new UncheckedIOException(e);
    }
}
