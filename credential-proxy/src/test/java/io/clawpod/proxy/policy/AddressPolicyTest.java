package io.clawpod.proxy.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressPolicyTest {
    @ParameterizedTest
    @CsvSource({
        "8.8.8.8,",
        "160.79.104.10,",
        "172.15.0.1,",
        "172.32.0.1,",
        "192.167.1.1,",
        "100.63.0.1,",
        "100.128.0.1,",
        "198.17.0.1,",
        "223.255.255.255,",
        "2606:4700::6810:1,",
        "2a00:1450:4001::1,",
        "64:ff9b::808:808,",
        "127.0.0.1, loopback",
        "127.255.0.1, loopback",
        "::1, loopback",
        "10.0.0.1, private",
        "172.16.0.1, private",
        "172.31.255.255, private",
        "192.168.0.1, private",
        "fc00::1, private",
        "fd00:ec2::254, private",
        "fec0::1, private",
        "169.254.169.254, link-local",
        "fe80::1, link-local",
        "100.64.0.1, shared",
        "100.100.100.200, shared",
        "100.127.255.255, shared",
        "0.0.0.0, special-purpose",
        "0.1.2.3, special-purpose",
        "192.0.0.1, special-purpose",
        "198.18.0.1, special-purpose",
        "198.19.255.255, special-purpose",
        "203.0.113.1, special-purpose",
        "224.0.0.1, special-purpose",
        "255.255.255.255, special-purpose",
        "240.0.0.1, special-purpose",
        "::, special-purpose",
        "ff02::1, special-purpose",
        "2001:db8::1, special-purpose",
        "2001::1, special-purpose",
        "::ffff:10.0.0.1, private",
        "64:ff9b::a9fe:a9fe, link-local",
        "::ffff:169.254.169.254, link-local",
        "::ffff:127.0.0.1, loopback",
        "::ffff:100.64.0.1, shared",
        "::ffff:0.0.0.1, special-purpose",
        "::ffff:8.8.8.8,",
        "::a9fe:a9fe, special-purpose",
        "64:ff9b::, special-purpose",
        "64:ff9b:1::a9fe:a9fe, special-purpose",
        "64:ff9b::a00:1, private",
        "2002:a9fe:a9fe::1, link-local",
        "0.255.255.255, special-purpose",
        "1.0.0.1,",
        "100.64.0.0, shared",
        "169.253.255.255,",
        "169.255.0.0,",
        "fe80::a9fe:a9fe, link-local",
        "64:ff9b::7f00:1, loopback",
        "2002:0a00:0001::1, private",
        "2002:0808:0808::1,",
    })
    void onlyAddressesThatAreGloballyReachableAreAllowed(String literal, String objection) throws Exception {
        InetAddress address = InetAddress.getByAddress(NetUtil.createByteArrayFromIpAddressString(literal));
        assertEquals(objection, new AddressPolicy(false).objection(address));
        assertNull(new AddressPolicy(true).objection(address));
    }
}
