package io.clawpod.spawner.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.clawpod.common.InvalidValue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HostAliasTest {
    @ParameterizedTest
    @CsvSource({
        "host.docker.internal, host-gateway, true",
        "a, 192.0.2.1, false",
        "a-b.example, 255.255.255.255, false",
        "0.example, 2001:db8::1, false",
        "a, ::1, false"
    })
    void anAliasIsADnsNameAndAnAddress(String hostname, String address, boolean gateway) {
        assertEquals(gateway, new HostAlias(hostname, address).isHostGateway());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "A.example", "a_b", "-a", "a-", "a..b", ".a", "a.", "a b", "ü.example"})
    void whatIsNoDnsNameIsRefused(String hostname) {
        InvalidValue fault = assertThrows(InvalidValue.class, () -> new HostAlias(hostname, "192.0.2.1"));
        assertEquals("hostname", fault.field());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "host",
                "256.0.0.1",
                "1.2.3",
                "1.2.3.4.5",
                "1.2.3.4 ",
                "fe80::1%eth0",
                "[::1]",
                ":",
                "g::1",
                "01.2.3.4",
                "1::2::3",
                ":::",
                "12345::",
                "1:2:3:4:5:6:7:8:9",
                "1:2:3"
            })
    void whatIsNoAddressIsRefused(String address) {
        InvalidValue fault = assertThrows(InvalidValue.class, () -> new HostAlias("a", address));
        assertEquals("address", fault.field());
    }

    @Test
    void aNameHasAtMost253CharactersAnd63APart() {
        String part = "a".repeat(63);
        assertThrows(InvalidValue.class, () -> new HostAlias(part + "a", "192.0.2.1"));
        String longest = part + "." + part + "." + part + "." + "a".repeat(61);
        assertEquals(longest, new HostAlias(longest, "192.0.2.1").hostname());
        assertThrows(InvalidValue.class, () -> new HostAlias(longest + "a", "192.0.2.1"));
    }
}
