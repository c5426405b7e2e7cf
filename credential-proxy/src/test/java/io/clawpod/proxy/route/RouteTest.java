package io.clawpod.proxy.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.clawpod.common.InvalidValue;
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
    void aUrlBecomesAnUpstream(String url, boolean tls, String host, int port, String authority, String base) {
        assertEquals(new Endpoint(tls, host, port, authority, base), Endpoint.parse("upstream", url));
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
                "upstream",
                assertThrows(InvalidValue.class, () -> Endpoint.parse("upstream", url))
                        .field());
    }
}
