package io.clawpod.proxy.exchange;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.handler.ssl.SslHandler;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;

/**
 * Lets what is written to a connection within one turn of its event loop go out by one system call. A relay writes in small
 * pieces, such as the events that one read brought; each would be a call, and a packet, of its own. Nothing waits longer than
 * that turn.
 */
public final class Flushes {
    /** Pieces after which it goes out all the same. */
    private static final int MOST = 256;

    private Flushes() {}

    public static void consolidate(HttpConnection connection) {
        if (connection instanceof ConnectionBase base) {
            Channel channel = base.channel();
            ChannelPipeline pipeline = channel.pipeline();
            FlushConsolidationHandler handler = new FlushConsolidationHandler(MOST, true);
            // On the near side of TLS the pieces also share a record.
            ChannelHandlerContext tls = pipeline.context(SslHandler.class);
            if (tls == null) {
                pipeline.addFirst(handler);
            } else {
                pipeline.addAfter(tls.name(), null, handler);
            }
        }
    }
}
