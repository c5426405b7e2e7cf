package io.clawpod.common;

import java.security.PrivateKey;
import java.util.Map;
import org.jose4j.jwk.EcJwkGenerator;
import org.jose4j.jwk.EllipticCurveJsonWebKey;
import org.jose4j.jwk.JsonWebKey.OutputControlLevel;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jwk.Use;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.keys.EllipticCurves;
import org.jose4j.lang.JoseException;

/** A P-256 key pair that signs session tokens with ES256 (RFC 7518 section 3.4). Its id is its thumbprint (RFC 7638). */
public final class SigningKey {
    private final PublicJsonWebKey key;

    private SigningKey(PublicJsonWebKey key) {
        this.key = key;
    }

    /** A new key from the platform's secure random source. */
    public static SigningKey generate() {
        try {
            EllipticCurveJsonWebKey key = EcJwkGenerator.generateJwk(EllipticCurves.P256);
            key.setKeyId(key.calculateBase64urlEncodedThumbprint("SHA-256"));
            key.setAlgorithm(AlgorithmIdentifiers.ECDSA_USING_P256_CURVE_AND_SHA256);
            key.setUse(Use.SIGNATURE);
            return new SigningKey(key);
        } catch (JoseException e) {
            throw new IllegalStateException("this Java platform has no P-256 keys", e);
        }
    }

    /**
     * @param jwk a private JSON Web Key as {@link #toJwk()} writes it
     * @throws InvalidValue if it is not a private P-256 key with an id
     */
    public static SigningKey fromJwk(SecretText jwk) {
        try {
            PublicJsonWebKey key = PublicJsonWebKey.Factory.newPublicJwk(jwk.reveal());
            boolean usable = key instanceof EllipticCurveJsonWebKey curve
                    && EllipticCurves.P_256.equals(curve.getCurveName())
                    && key.getPrivateKey() != null
                    && key.getKeyId() != null;
            if (usable) {
                return new SigningKey(key);
            }
        } catch (JoseException | ClassCastException e) {
            // The exception may quote the key, so it goes no further.
        }
        throw new InvalidValue(
                "signingKey", "is not a signing key", "use a private JSON Web Key on curve P-256 with a kid");
    }

    /** The key id (header {@code kid}). */
    public String id() {
        return key.getKeyId();
    }

    PrivateKey privateKey() {
        return key.getPrivateKey();
    }

    /** The public half, as members of a JSON Web Key (RFC 7517). */
    public Map<String, Object> publicJwk() {
        return key.toParams(OutputControlLevel.PUBLIC_ONLY);
    }

    /** The whole key as a JSON Web Key, to be stored where only the spawner reads. */
    public SecretText toJwk() {
        return SecretText.of(key.toJson(OutputControlLevel.INCLUDE_PRIVATE));
    }

    @Override
    public String toString() {
        return "SigningKey[" + id() + "]";
    }
}
