package io.clawpod.common;

import java.security.interfaces.ECPublicKey;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jose4j.jwk.EllipticCurveJsonWebKey;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.keys.EllipticCurves;
import org.jose4j.lang.JoseException;
import org.jspecify.annotations.Nullable;

/** The public keys by which session tokens are checked, by key id. Immutable. */
public final class VerificationKeys {
    private final Map<String, ECPublicKey> byId;

    private VerificationKeys(Map<String, ECPublicKey> byId) {
        this.byId = Map.copyOf(byId);
    }

    /**
     * @param json a JSON Web Key Set (RFC 7517 section 5); keys that are not P-256, or have no id, are left out
     * @throws InvalidValue if it is not a key set, or has no usable key
     */
    public static VerificationKeys fromJwks(String json) {
        Map<String, ECPublicKey> byId = new HashMap<>();
        try {
            for (JsonWebKey key : new JsonWebKeySet(json).getJsonWebKeys()) {
                boolean usable = key instanceof EllipticCurveJsonWebKey curve
                        && EllipticCurves.P_256.equals(curve.getCurveName())
                        && key.getKeyId() != null;
                if (usable) {
                    byId.put(key.getKeyId(), (ECPublicKey) key.getKey());
                }
            }
        } catch (JoseException | ClassCastException e) {
            throw new InvalidValue("keys", "are not a JSON Web Key Set", "serve a key set as in RFC 7517 section 5");
        }
        if (byId.isEmpty()) {
            throw new InvalidValue("keys", "hold no usable key", "serve at least one P-256 key with a kid");
        }
        return new VerificationKeys(byId);
    }

    public Set<String> ids() {
        return byId.keySet();
    }

    @Nullable
    ECPublicKey find(String id) {
        return byId.get(id);
    }
}
