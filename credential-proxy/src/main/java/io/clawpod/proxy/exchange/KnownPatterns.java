package io.clawpod.proxy.exchange;

import io.clawpod.common.SecretText;
import io.clawpod.proxy.credential.Credential;
import io.clawpod.proxy.scrub.Patterns;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The patterns of each credential, by its name; made anew when its secrets have changed. Thread-safe. */
final class KnownPatterns {
    private record Made(List<SecretText> secrets, Patterns patterns) {}

    private final Map<String, Made> byName = new ConcurrentHashMap<>();

    Patterns of(Credential credential) {
        List<SecretText> secrets = credential.secrets();
        Made known = byName.get(credential.name());
        if (known == null || !known.secrets().equals(secrets)) {
            known = new Made(List.copyOf(secrets), Patterns.of(secrets));
            byName.put(credential.name(), known);
        }
        return known.patterns();
    }
}
