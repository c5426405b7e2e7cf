package io.clawpod.proxy.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.clawpod.common.InvalidValue;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RouteTest {
    @ParameterizedTest
    @CsvSource({
        "https://api.anthropic.com,       true,  api.anthropic.com, 443,  api.anthropic.com,      ''",
        "https://api.anthropic.com/,      true,  api.anthropic.com, 443,  api.anthropic.com,      ''",
        "HTTPS://api.anthropic.com:443/a, true,  api.anthropic.com, 443,  api.anthropic.com,      /a",
        "https://gw.example:8443/a/b%20c/, true, gw.example,        8443, gw.example:8443,        /a/b%20c",
        "http://[fd00::1]:8080,           false, fd00::1,           8080, '[fd00::1]:8080',       ''",
        "http://gw,                       false, gw,                80,   gw,                     ''",
    })
    void aUrlBecomesARoute(String url, boolean tls, String host, int port, String authority, String base) {
        assertEquals(new Route(tls, host, port, authority, base), Route.parse(url));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "api.anthropic.com",
                "ftp://a",
                "https://",
                "https://a:0",
                "https://a:65536",
                "https://u:p@a",
                "https://a?x=y",
                "https://a#f",
                "https://a b",
                "unix:/x"
            })
    void whatIsNoUpstreamIsRefused(String url) {
        assertEquals(
                "clawpod.upstream.url",
                assertThrows(InvalidValue.class, () -> Route.parse(url)).field());
    }

    @Test
    void aTargetIsPutBehindTheBasePathByteForByte() {
        assertEquals("/a/v1?x=%7E", Route.parse("https://h/a/").target("/v1?x=%7E"));
    }

    @Test
    void aCredentialCrossesOnlyPrivateNetworksInTheClear() {
        assertNull(new Routes(Optional.of("http://gw"), false).current());
        assertNotNull(new Routes(Optional.of("http://gw"), false).fault());
        assertNotNull(new Routes(Optional.of("http://gw"), true).current());
        assertNull(new Routes(Optional.empty(), true).current());
    }
}
