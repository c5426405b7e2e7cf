package io.clawpod.proxy.exchange;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.clawpod.proxy.route.Limits;
import io.clawpod.proxy.testing.RawPeer;
import io.clawpod.proxy.testing.Received;
import io.clawpod.proxy.testing.TlsUpstream;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class Http2UpstreamTest {
    private static final String STARS = "*".repeat(Between.KEY.length());

    private static void echo(HttpServerRequest request) {
        request.body().onSuccess(body -> {
            request.response().setChunked(true);
            request.response().putHeader("x-echo", request.getHeader("x-api-key"));
            request.response().write(body);
            request.response().write(request.getHeader("x-api-key"));
            request.response().putTrailer("x-sum", request.getHeader("x-api-key"));
            request.response().end();
        });
    }

    private static Received post(Between between) throws Exception {
        try (RawPeer client = new RawPeer(between.port())) {
            client.send("POST /v1 HTTP/1.1\r\nHost: proxy\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello");
            return Received.parse(client.readAll(), false);
        }
    }

    private static void assertEchoed(Received received) {
        assertEquals(200, received.status());
        assertEquals(STARS, received.header("x-echo"));
        assertEquals("hello" + STARS, received.body());
        assertEquals(List.of("x-sum: " + STARS), received.trailers());
        assertTrue(received.whole());
    }

    @Test
    void anUpstreamThatOffersHttp2IsSpokenToInItOverOneConnection() throws Exception {
        try (TlsUpstream upstream = new TlsUpstream(true, Http2UpstreamTest::echo);
                Between between = new Between(upstream.port(), Limits.DEFAULT, upstream.trusted())) {
            assertEchoed(post(between));
            assertEchoed(post(between));
            HttpServerRequest first = upstream.next();
            assertEquals(HttpVersion.HTTP_2, first.version());
            assertEquals("localhost", first.authority().host());
            assertFalse(
                    first.headers().contains("connection") || first.headers().contains("host"));
            assertSame(first.connection(), upstream.next().connection());
        }
    }

    @Test
    void anUpstreamThatDoesNotIsSpokenToInHttp11() throws Exception {
        try (TlsUpstream upstream = new TlsUpstream(false, Http2UpstreamTest::echo);
                Between between = new Between(upstream.port(), Limits.DEFAULT, upstream.trusted())) {
            assertEchoed(post(between));
            assertEquals(HttpVersion.HTTP_1_1, upstream.next().version());
        }
    }

    @Test
    void aStreamThatIsResetBeforeItsAnswerIsAProblemAndWithinItBroken() throws Exception {
        try (TlsUpstream upstream =
                        new TlsUpstream(true, request -> request.response().reset(2));
                Between between = new Between(upstream.port(), Limits.DEFAULT, upstream.trusted())) {
            assertEquals(502, post(between).status());
        }
        try (TlsUpstream upstream = new TlsUpstream(true, request -> {
                    request.response()
                            .setChunked(true)
                            .write("some")
                            .onComplete(written -> request.response().reset(2));
                });
                Between between = new Between(upstream.port(), Limits.DEFAULT, upstream.trusted())) {
            Received received = post(between);
            assertEquals(200, received.status());
            assertFalse(received.whole());
        }
    }
}
