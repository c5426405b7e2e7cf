package io.clawpod.local.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.common.SecretText;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StubUpstreamTest {
    private StubUpstream upstream;

    @BeforeEach
    void start() throws IOException {
        upstream = new StubUpstream(SecretText.of("right"), Duration.ZERO);
    }

    @AfterEach
    void stop() {
        upstream.close();
    }

    private HttpResponse<String> post(String header, String value, String body)
            throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(upstream.url() + "/v1/messages?beta=true"))
                                .header(header, value)
                                .POST(HttpRequest.BodyPublishers.ofString(body))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    private static String ask(boolean stream) {
        return "{\"model\":\"m\",\"stream\":" + stream
                + ",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"what is up\"}]}]}";
    }

    @Test
    void aWrongKeyIsRejectedAsAnthropicDoesIt() throws Exception {
        HttpResponse<String> response = post("x-api-key", "wrong", ask(true));
        assertEquals(401, response.statusCode());
        assertEquals(
                "{\"type\":\"error\",\"error\":{\"type\":\"authentication_error\",\"message\":\"invalid x-api-key\"}}",
                response.body());
        assertEquals(401, post("authorization", "Bearer wrong", ask(true)).statusCode());
        assertEquals(401, post("x-other", "right", ask(true)).statusCode());
        assertEquals(0, upstream.accepted());
        assertEquals(3, upstream.rejected());
    }

    @Test
    void theEventsOfAStreamComeInOrder() throws Exception {
        HttpResponse<String> response = post("x-api-key", "right", ask(true));
        List<String> events = response.body()
                .lines()
                .filter(line -> line.startsWith("event: "))
                .map(line -> line.substring(7))
                .distinct()
                .toList();
        assertEquals(
                List.of(
                        "message_start",
                        "content_block_start",
                        "content_block_delta",
                        "content_block_stop",
                        "message_delta",
                        "message_stop"),
                events);
        assertTrue(response.body().contains("up"));
    }

    @Test
    void aWholeAnswerQuotesThePrompt() throws Exception {
        HttpResponse<String> response = post("authorization", "Bearer right", ask(false));
        assertEquals(200, response.statusCode());
        assertTrue(response.body().contains("what is up"));
    }

    @Test
    void aBodyThatIsNoRequestIsRefused() throws Exception {
        assertEquals(400, post("x-api-key", "right", "{").statusCode());
        assertEquals(400, post("x-api-key", "right", "{}").statusCode());
    }
}
