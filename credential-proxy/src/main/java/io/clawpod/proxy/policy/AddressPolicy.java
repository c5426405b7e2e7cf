package io.clawpod.proxy.policy;

import io.netty.util.NetUtil;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Which addresses an upstream may have. Unless private ones are allowed, only those that are globally reachable by the
 * special-purpose registries (RFC 6890): a name that resolves to a metadata service, a neighbour or this machine would
 * hand the credential to it.
 */
public record AddressPolicy(boolean allowPrivate) {
    /** What speaks against connecting to {@code address}; null if nothing does. */
    public @Nullable String objection(InetAddress address) {
        if (allowPrivate) {
            return null;
        }
        return address instanceof Inet4Address ? v4(address.getAddress()) : v6(address);
    }

    /** What speaks against the peer with this address, as a literal; {@code unknown} if it is none. */
    public @Nullable String objectionTo(@Nullable String literal) {
        byte[] bytes = literal == null ? null : NetUtil.createByteArrayFromIpAddressString(literal);
        if (bytes == null) {
            return "unknown";
        }
        try {
            return objection(InetAddress.getByAddress(bytes));
        } catch (UnknownHostException e) {
            return "unknown";
        }
    }

    private static @Nullable String v4(byte[] bytes) {
        int a = bytes[0] & 0xff;
        int b = bytes[1] & 0xff;
        int c = bytes[2] & 0xff;
        if (a == 127) {
            return "loopback";
        }
        if (a == 169 && b == 254) {
            return "link-local";
        }
        if (a == 10 || (a == 172 && (b & 0xf0) == 16) || (a == 192 && b == 168)) {
            return "private";
        }
        if (a == 100 && (b & 0xc0) == 64) {
            return "shared"; // RFC 6598; some clouds have their metadata service here
        }
        boolean special = a == 0
                || a >= 224
                || (a == 192 && b == 0 && (c == 0 || c == 2))
                || (a == 198 && (b & 0xfe) == 18)
                || (a == 198 && b == 51 && c == 100)
                || (a == 203 && b == 0 && c == 113);
        return special ? "special-purpose" : null;
    }

    private static @Nullable String v6(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (address.isLoopbackAddress()) {
            return "loopback";
        }
        if (address.isLinkLocalAddress()) {
            return "link-local";
        }
        if (address.isSiteLocalAddress() || (bytes[0] & 0xfe) == 0xfc) {
            return "private";
        }
        if (begins(bytes, 0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0)) {
            return embedded(bytes, 12); // NAT64, RFC 6052: what counts is the IPv4 address at its end
        }
        if (begins(bytes, 0x20, 0x02)) {
            return embedded(bytes, 2); // 6to4, RFC 3056
        }
        // Global unicast is 2000::/3 (RFC 4291 section 2.4); 2001::/23 and 2001:db8::/32 within it are not reachable.
        boolean global = (bytes[0] & 0xe0) == 0x20;
        boolean special =
                begins(bytes, 0x20, 0x01, 0x0d, 0xb8) || (begins(bytes, 0x20, 0x01) && (bytes[2] & 0xfe) == 0);
        return global && !special ? null : "special-purpose";
    }

    private static @Nullable String embedded(byte[] bytes, int from) {
        try {
            return v4(InetAddress.getByAddress(Arrays.copyOfRange(bytes, from, from + 4))
                    .getAddress());
        } catch (UnknownHostException e) {
            return "special-purpose";
        }
    }

    private static boolean begins(byte[] bytes, int... prefix) {
        for (int i = 0; i < prefix.length; i++) {
            if ((bytes[i] & 0xff) != prefix[i]) {
                return false;
            }
        }
        return true;
    }
}
