package io.clawpod.proxy.server;

import io.clawpod.proxy.exchange.Answers;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.headers.HeadersMultiMap;
import io.vertx.core.net.impl.ConnectionBase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads requests as Vert.x' own decoder does, but refuses what that one repairs in silence: Content-Length beside
 * Transfer-Encoding (it drops the former, so nobody could refuse it later), lines that end in a bare LF, and what
 * {@link HeadScan} finds. Closes the
 * connection of a client that does not finish a head in time.
 */
final class StrictRequestDecoder extends HttpRequestDecoder {
    static final int MAX_LINE = 16 * 1024;
    static final int MAX_HEADERS = 64 * 1024;
    private static final int MAX_CHUNK = 16 * 1024;

    /** The name that Vert.x gives its decoder in a connection's pipeline. */
    private static final String NAME = "httpDecoder";

    private final long headNanos;
    private boolean betweenRequests = true;
    private boolean broken;
    private HeadScan scan = new HeadScan();
    /** How many of the bytes that have not been decoded yet have been scanned. */
    private int scanned;

    /** When the head has to have come, by {@link System#nanoTime()}, while one is waited for. */
    private long due;

    private boolean waiting;
    /** Runs at {@link #due} or before; left running when a head has come, since the next is seldom far. */
    private @Nullable Future<?> timer;

    private StrictRequestDecoder(Duration head) {
        super(new HttpDecoderConfig()
                .setMaxInitialLineLength(MAX_LINE)
                .setMaxHeaderSize(MAX_HEADERS)
                .setMaxChunkSize(MAX_CHUNK)
                .setStrictLineParsing(true));
        this.headNanos = head.toNanos();
    }

    /**
     * Puts a strict decoder in the place of Vert.x' own; before anything of the connection has been read.
     *
     * @param head how long a head may take: the first from the connection on, the others from their first byte on
     */
    static void install(HttpConnection connection, Duration head) {
        ((ConnectionBase) connection).channel().pipeline().replace(NAME, NAME, new StrictRequestDecoder(head));
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) throws Exception {
        super.handlerAdded(context);
        arm(context);
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext context) throws Exception {
        cancel();
        super.handlerRemoved0(context);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        cancel();
        super.channelInactive(context);
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf bytes, List<Object> out) throws Exception {
        if (betweenRequests && !waiting && bytes.isReadable()) {
            arm(context);
        }
        broken = broken || context.channel().hasAttr(Answers.LAST);
        String fault = broken ? null : scan(bytes);
        int before = out.size();
        if (broken || fault != null) {
            bytes.skipBytes(bytes.readableBytes());
        } else {
            int from = bytes.readerIndex();
            super.decode(context, bytes, out);
            scanned = Math.max(0, scanned - (bytes.readerIndex() - from));
        }
        if (fault != null) {
            broken = true;
            HttpMessage unreadable = createInvalidMessage();
            unreadable.setDecoderResult(DecoderResult.failure(new IllegalArgumentException(fault)));
            out.add(unreadable);
        }
        for (Object message : out.subList(before, out.size())) {
            if (message instanceof HttpRequest) {
                betweenRequests = false;
                waiting = false;
            }
            if (message instanceof LastHttpContent) {
                betweenRequests = true;
                scan = new HeadScan();
                scanned = 0;
            }
        }
    }

    /** Looks at the bytes of a head that have come since the last time; what is wrong with them, or null. */
    private @Nullable String scan(ByteBuf bytes) {
        String fault = null;
        int at = bytes.readerIndex() + scanned;
        int to = bytes.writerIndex();
        while (at < to && fault == null && !scan.ended()) {
            if (scan.withinLine()) {
                int end = bytes.indexOf(at, to, (byte) '\n');
                at = end < 0 ? to : end;
            }
            if (at < to) {
                fault = scan.read(bytes.getByte(at));
                at++;
            }
        }
        scanned = at - bytes.readerIndex();
        return fault;
    }

    /** A head that trickles in holds a connection for nothing, so it has a deadline as a whole and not byte by byte. */
    private void arm(ChannelHandlerContext context) {
        due = System.nanoTime() + headNanos;
        waiting = true;
        if (timer == null) {
            schedule(context, headNanos);
        }
    }

    private void schedule(ChannelHandlerContext context, long nanos) {
        timer = context.executor().schedule(() -> look(context), nanos, TimeUnit.NANOSECONDS);
    }

    private void look(ChannelHandlerContext context) {
        timer = null;
        long left = due - System.nanoTime();
        if (!waiting) {
            return;
        }
        if (left > 0) {
            schedule(context, left);
        } else if (context.channel().config().isAutoRead()) {
            Future<?> unused = context.close();
        } else {
            // The rest of the head is not read because an answer before it is still under way.
            arm(context);
        }
    }

    private void cancel() {
        waiting = false;
        Future<?> running = timer;
        if (running != null) {
            running.cancel(false);
            timer = null;
        }
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
