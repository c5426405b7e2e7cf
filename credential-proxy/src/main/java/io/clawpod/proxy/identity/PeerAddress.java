package io.clawpod.proxy.identity;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/** IP addresses as they compare: without zone, and IPv4 as IPv4 even where a dual-stack socket shows it mapped. */
final class PeerAddress {
    private PeerAddress() {}

    /**
     * Reads an address.
     *
     * @param text an IPv4 or IPv6 literal, perhaps with a zone
     * @return the address, or null if {@code text} is no literal; a name is never resolved
     */
    static @Nullable InetAddress parse(String text) {
        int zone = text.indexOf('%');
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(zone < 0 ? text : text.substring(0, zone));
        if (bytes == null) {
            return null;
        }
        try {
            // getByAddress turns ::ffff:a.b.c.d into IPv4 (RFC 4291 section 2.5.5.2).
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            return null;
        }
    }
}
