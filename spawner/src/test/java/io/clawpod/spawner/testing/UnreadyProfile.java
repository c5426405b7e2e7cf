package io.clawpod.spawner.testing;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.Map;

/** A spawner whose cluster has neither the Service nor the Secret that it is told of, and that has no callers. */
public final class UnreadyProfile implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
        return Map.of(
                "quarkus.kubernetes-client.devservices.enabled", "false",
                "clawpod.proxy.service", "absent-proxy",
                "clawpod.signing-key.secret", "absent-key");
    }
}
