package io.clawpod.proxy.server;

import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpVersion;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.headers.HeadersMultiMap;
import io.vertx.core.net.impl.ConnectionBase;

/**
 * Reads requests as Vert.x' own decoder does, but refuses what that one repairs in silence: Content-Length beside
 * Transfer-Encoding (it drops the former, so nobody could refuse it later), and lines that end in a bare LF.
 */
final class StrictRequestDecoder extends HttpRequestDecoder {
    static final int MAX_LINE = 16 * 1024;
    static final int MAX_HEADERS = 64 * 1024;
    private static final int MAX_CHUNK = 16 * 1024;

    /** The name that Vert.x gives its decoder in a connection's pipeline. */
    private static final String NAME = "httpDecoder";

    private StrictRequestDecoder() {
        super(new HttpDecoderConfig()
                .setMaxInitialLineLength(MAX_LINE)
                .setMaxHeaderSize(MAX_HEADERS)
                .setMaxChunkSize(MAX_CHUNK)
                .setStrictLineParsing(true));
    }

    /** Puts a strict decoder in the place of Vert.x' own; before anything of the connection has been read. */
    static void install(HttpConnection connection) {
        ((ConnectionBase) connection).channel().pipeline().replace(NAME, NAME, new StrictRequestDecoder());
    }

    @Override
    protected HttpMessage createMessage(String[] initialLine) {
        return new DefaultHttpRequest(
                version(initialLine[2]),
                HttpMethod.valueOf(initialLine[0]),
                initialLine[1],
                HeadersMultiMap.httpHeaders());
    }

    /** What stands in for a request whose line cannot be read; answered in HTTP/1.1, where Netty's own asks for 1.0. */
    @Override
    protected HttpMessage createInvalidMessage() {
        return new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/");
    }

    private static HttpVersion version(String text) {
        return switch (text) {
            case "HTTP/1.0" -> HttpVersion.HTTP_1_0;
            case "HTTP/1.1" -> HttpVersion.HTTP_1_1;
            default -> throw new IllegalArgumentException("neither HTTP/1.0 nor HTTP/1.1");
        };
    }

    @Override
    protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
        throw new IllegalArgumentException("both Content-Length and Transfer-Encoding");
    }
}
