package io.clawpod.spawner.session;

import io.clawpod.common.InvalidValue;
import java.util.regex.Pattern;

/**
 * A line of the agent's {@code /etc/hosts}.
 *
 * @param hostname a DNS name (RFC 1123)
 * @param address an IP address, or {@value #HOST_GATEWAY} for the credential proxy
 */
public record HostAlias(String hostname, String address) {
    /** Docker's name for the host's address; here the credential proxy's Service stands in for the host. */
    public static final String HOST_GATEWAY = "host-gateway";

    private static final Pattern HOSTNAME =
            Pattern.compile("(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*");
    private static final String OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
    private static final Pattern IPV4 = Pattern.compile("(" + OCTET + "\\.){3}" + OCTET);
    private static final String GROUPS = "([0-9a-fA-F]{1,4}(:[0-9a-fA-F]{1,4})*)";
    // Eight groups, or two to seven colons with one "::" (RFC 5952 section 4.2).
    private static final Pattern IPV6 = Pattern.compile(
            "(?=([^:]*:){7}[^:]*$)" + GROUPS + "|(?=([^:]*:){2,7}[^:]*$)" + GROUPS + "?::" + GROUPS + "?");

    /** @throws InvalidValue if either part is malformed */
    public HostAlias {
        if (!HOSTNAME.matcher(hostname).matches()) {
            throw new InvalidValue("hostname", "is not a DNS name", "use lower-case letters, digits, '-' and '.'");
        }
        if (!address.equals(HOST_GATEWAY) && !isAddress(address)) {
            throw new InvalidValue("address", "is not an IP address", "use an IP address or " + HOST_GATEWAY);
        }
    }

    /** Whether the text is an IP address, of version 4 or 6. */
    public static boolean isAddress(String text) {
        return IPV4.matcher(text).matches() || IPV6.matcher(text).matches();
    }

    public boolean isHostGateway() {
        return address.equals(HOST_GATEWAY);
    }
}
