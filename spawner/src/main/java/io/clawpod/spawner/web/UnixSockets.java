package io.clawpod.spawner.web;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.vertx.core.impl.VertxBuilder;
import io.vertx.core.impl.transports.JDKTransport;
import io.vertx.core.spi.VertxServiceProvider;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;

/**
 * Teaches Vert.x the unix sockets that Java has had since 16 (JEP 380), so that no native library is needed for them. Found by
 * Vert.x as a service; all else stays as it is.
 */
public final class UnixSockets implements VertxServiceProvider {
    @Override
    public void init(VertxBuilder builder) {
        builder.findTransport(new Transport());
    }

    private static final class Transport extends JDKTransport {
        @Override
        public boolean supportsDomainSockets() {
            return true;
        }

        @Override
        public SocketAddress convert(io.vertx.core.net.SocketAddress address) {
            return address.isDomainSocket() ? UnixDomainSocketAddress.of(address.path()) : super.convert(address);
        }

        @Override
        public io.vertx.core.net.SocketAddress convert(SocketAddress address) {
            return address instanceof UnixDomainSocketAddress unix
                    ? io.vertx.core.net.SocketAddress.domainSocketAddress(
                            unix.getPath().toString())
                    : super.convert(address);
        }

        @Override
        public ChannelFactory<? extends Channel> channelFactory(boolean domainSocket) {
            return domainSocket ? NioDomainSocketChannel::new : super.channelFactory(false);
        }

        @Override
        public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean domainSocket) {
            return domainSocket ? NioServerDomainSocketChannel::new : super.serverChannelFactory(false);
        }
    }
}
