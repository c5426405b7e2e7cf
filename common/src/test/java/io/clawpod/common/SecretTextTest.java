package io.clawpod.common;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SecretTextTest {
    @Test
    void aSecretPrintsAsStars() {
        assertEquals("key ***", "key " + SecretText.of("sk-ant-real"));
    }

    @Test
    void aSecretMatchesItselfAlone() {
        SecretText secret = SecretText.of("sk-ant-real");
        assertTrue(secret.matches("sk-ant-real"));
        assertFalse(secret.matches("sk-ant-reaL"));
        assertFalse(secret.matches("sk-ant-rea"));
        assertEquals(secret, SecretText.of("sk-ant-real"));
    }
}
