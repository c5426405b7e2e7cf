package io.clawpod.proxy.exchange;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.clawpod.proxy.testing.RawPeer;
import io.clawpod.proxy.testing.RawUpstream;
import io.clawpod.proxy.testing.Received;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HostileAnswersTest {
    private static final Pattern REPEATED = Pattern.compile("\\{(\\d+)\\*([^}]*)}");

    private final RawUpstream upstream = new RawUpstream();
    private final Between between = new Between(upstream.port());

    @AfterEach
    void close() throws IOException {
        between.close();
        upstream.close();
    }

    private record Case(String name, String method, String expected, String bytes) {
        static Case parse(String line) {
            String[] parts = line.split("\\|", 4);
            return new Case(parts[0].trim(), parts[1].trim(), parts[2].trim(), parts[3].substring(1));
        }

        String answer() {
            String text = bytes.replace("\\r", "\r")
                    .replace("\\n", "\n")
                    .replace("\\t", "\t")
                    .replace("\\0", "\0")
                    .replace("{8K}", "a".repeat(8192))
                    .replace("{K}", Between.KEY)
                    .replace("{1F}", "\u001f")
                    .replace("{close}", "")
                    .replace("{reset}", "");
            Matcher repeated = REPEATED.matcher(text);
            return repeated.replaceAll(
                    each -> Matcher.quoteReplacement(each.group(2).repeat(Integer.parseInt(each.group(1)))));
        }
    }

    @TestFactory
    Stream<DynamicTest> everyAnswerReachesTheClientAsTheTableSays() throws IOException {
        try (InputStream in =
                Objects.requireNonNull(HostileAnswersTest.class.getResourceAsStream("/answers/hostile.txt"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                            .lines()
                            .filter(line -> !line.startsWith("#") && !line.isBlank())
                            .map(Case::parse)
                            .map(each -> dynamicTest(each.name(), () -> check(each)))
                            .toList()
                            .stream();
        }
    }

    private void check(Case each) throws Exception {
        try (RawPeer client = new RawPeer(between.port())) {
            client.send(each.method() + " /v1 HTTP/1.1\r\nHost: proxy\r\nConnection: close\r\n\r\n");
            try (RawUpstream.Peer peer = upstream.next()) {
                String request = peer.head();
                assertTrue(request.contains("accept-encoding: identity\r\n"), request);
                peer.send(each.answer());
                if (each.bytes().endsWith("{close}")) {
                    peer.close();
                } else if (each.bytes().endsWith("{reset}")) {
                    peer.reset();
                }
                String bytes = client.readAll();
                assertFalse(bytes.contains(Between.KEY), bytes);
                assertAsExpected(each, Received.parse(bytes, each.method().equals("HEAD")));
            }
        }
        String end = each.expected().startsWith("clean")
                ? "completed"
                : each.expected().startsWith("problem") ? "failed" : "broken";
        String line = between.line();
        assertTrue(line.endsWith("\"end\":\"" + end + "\"}"), line);
        assertTrue(between.open.isEmpty());
    }

    private static void assertAsExpected(Case each, Received received) {
        String[] expected = each.expected().split(" ", 3);
        assertEquals(Integer.parseInt(expected[1]), received.status(), received.toString());
        String body = expected.length < 3 ? "" : expected[2].replace("{*}", "*".repeat(Between.KEY.length()));
        switch (expected[0]) {
            case "clean" -> {
                assertTrue(received.whole(), received.toString());
                assertEquals(body, received.body());
            }
            case "broken" -> {
                assertFalse(received.whole(), received.toString());
                assertEquals(body, received.body());
            }
            case "problem" -> {
                assertTrue(received.whole(), received.toString());
                assertEquals("application/problem+json", received.header("content-type"));
                assertTrue(received.body().contains("\"code\":\"" + body + "\""), received.body());
            }
            default -> throw new AssertionError(each.expected());
        }
    }
}
