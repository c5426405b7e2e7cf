package io.clawpod.proxy.exchange;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class TokenUsageTest {
    private static final String STREAM = """
            event: message_start
            data: {"type":"message_start","message":{"id":"msg_1","content":[],"usage":{"input_tokens":25,\
            "cache_creation_input_tokens":7,"cache_read_input_tokens":1000,"cache_creation":{"input_tokens":99},\
            "output_tokens":1}}}

            event: ping
            data: {"type": "ping"}

            event: content_block_delta
            data: {"type":"content_block_delta","delta":{"text":"\\"usage\\":{\\"output_tokens\\":5000}"}}

            event: content_block_delta
            data: {"type":"content_block_delta","delta":{"usage":{"output_tokens":6000}}}

            event: message_delta
            data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":15}}

            """;

    private static List<Long> read(String type, String text, int chunk) {
        TokenUsage usage = Objects.requireNonNull(TokenUsage.of(type));
        for (int from = 0; from < text.length(); from += chunk) {
            usage.read(Buffer.buffer(text.substring(from, Math.min(text.length(), from + chunk))));
        }
        return List.of(usage.input(), usage.output(), usage.cacheCreation(), usage.cacheRead());
    }

    @Test
    void aStreamsUsageIsReadWhereverTheChunksEnd() {
        for (int chunk = 1; chunk <= STREAM.length(); chunk++) {
            assertEquals(List.of(25L, 15L, 7L, 1000L), read("text/event-stream; charset=utf-8", STREAM, chunk));
        }
    }

    @Test
    void aMessagesUsageIsRead() {
        String message = """
                {
                  "content": [{"type": "tool_use", "input": {"usage": {"input_tokens": 777}}}],
                  "usage" : {
                    "output_tokens" : 3 ,
                    "input_tokens" : 2095
                  },
                  "model": "m"
                }
                """;
        for (int chunk : new int[] {1, 3, 1000}) {
            assertEquals(List.of(2095L, 3L, 0L, 0L), read("application/json", message, chunk));
        }
    }

    @Test
    void whatIsNoCountIsNotCounted() {
        for (String value : List.of("null", "\"12\"", "-3", "1.5", "1e9", "[7]", "9999999999999999999999", "true")) {
            String json = "{\"usage\":{\"input_tokens\":" + value + "}}";
            assertEquals(List.of(0L, 0L, 0L, 0L), read("application/json", json, 4), value);
        }
    }

    @Test
    void brokenOrEndlessTextYieldsNothingAndTheNextEventIsReadAgain() {
        String next = "data: {\"usage\":{\"input_tokens\":4}}\n\n";
        assertEquals(
                4L,
                read("text/event-stream", "data: {\"usage\":{\"a\":[[[\"\n\n" + next, 5)
                        .get(0));
        assertEquals(
                4L, read("text/event-stream", "data: }}}}]]]\n\n" + next, 5).get(0));
        assertEquals(
                4L,
                read("text/event-stream", "data: \"" + "x".repeat(100_000) + "\n\n" + next, 900)
                        .get(0));
        assertEquals(0L, read("application/json", "{".repeat(50_000), 999).get(0));
    }

    @Test
    void otherTypesHaveNoUsage() {
        assertNull(TokenUsage.of("text/html"));
        assertNull(TokenUsage.of(null));
    }
}
