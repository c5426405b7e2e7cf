package io.clawpod.proxy.route;

import io.clawpod.common.InvalidValue;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/**
 * An upstream.
 *
 * @param tls whether it is spoken to over TLS
 * @param host a name or an IP literal, an IPv6 one without brackets
 * @param port 1 to 65535
 * @param authority what the upstream gets as Host: the port only if it is not the scheme's own
 * @param basePath what is put before each path: empty, or beginning and not ending with a slash
 */
public record Endpoint(boolean tls, String host, int port, String authority, String basePath) {
    /**
     * Reads an upstream's URL.
     *
     * @param field where it stood
     * @throws InvalidValue if it is no http or https URL, or has user information, a query or a fragment
     */
    static Endpoint parse(String field, String url) {
        URI uri;
        try {
            uri = new URI(url.strip());
        } catch (URISyntaxException e) {
            throw new InvalidValue(field, "is not a URL", "write it as https://host[:port][/base]");
        }
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        boolean tls = scheme.equals("https");
        if (!tls && !scheme.equals("http")) {
            throw new InvalidValue(field, "is not an http or https URL", "write it as https://host[:port][/base]");
        }
        String host = uri.getHost();
        if (host == null || host.isEmpty() || uri.getPort() == 0 || uri.getPort() > 65_535) {
            throw new InvalidValue(field, "names no host and port", "write it as https://host[:port][/base]");
        }
        if (uri.getRawUserInfo() != null || uri.getRawQuery() != null || uri.getRawFragment() != null) {
            throw new InvalidValue(field, "has more than scheme, host, port and path", "leave the rest out");
        }
        int standard = tls ? 443 : 80;
        int port = uri.getPort() < 0 ? standard : uri.getPort();
        String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        return new Endpoint(tls, bare, port, port == standard ? host : host + ":" + port, base(uri.getRawPath()));
    }

    private static String base(String path) {
        String base = path;
        while (base.endsWith("/")) {
            base = base.substring(0, base.length() - 1);
        }
        return base;
    }

    /** @throws InvalidValue if a credential would cross the internet in the clear */
    Endpoint requireTlsUnless(boolean allowPrivate, String field) {
        if (!tls && !allowPrivate) {
            throw new InvalidValue(field, "is http", "use https, or set allow-private for an upstream of your own");
        }
        return this;
    }
}
