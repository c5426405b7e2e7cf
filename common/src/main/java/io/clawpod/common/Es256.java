package io.clawpod.common;

import java.security.interfaces.ECPublicKey;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jose4j.lang.JoseException;

/** JWTs (RFC 7519) in compact JWS form (RFC 7515), ES256 only, each kind with a {@code typ} of its own (RFC 8725 section 3.11). */
final class Es256 {
    private static final AlgorithmConstraints ONLY = new AlgorithmConstraints(
            AlgorithmConstraints.ConstraintType.PERMIT, AlgorithmIdentifiers.ECDSA_USING_P256_CURVE_AND_SHA256);

    private Es256() {}

    /** What reading a token found; nothing of its claims is checked. */
    sealed interface Read {
        record Signed(JwtClaims claims) implements Read {}

        /** No token of this kind at all. */
        record AnotherKind() implements Read {}

        record UnknownKey(String keyId) implements Read {}

        record Rejected(String reason) implements Read {}
    }

    static SecretText sign(JwtClaims claims, String type, SigningKey key) {
        JsonWebSignature signature = new JsonWebSignature();
        signature.setHeader("typ", type);
        signature.setKeyIdHeaderValue(key.id());
        signature.setAlgorithmHeaderValue(AlgorithmIdentifiers.ECDSA_USING_P256_CURVE_AND_SHA256);
        signature.setKey(key.privateKey());
        signature.setPayload(claims.toJson());
        try {
            return SecretText.of(signature.getCompactSerialization());
        } catch (JoseException e) {
            throw new IllegalStateException("cannot sign with key " + key.id(), e);
        }
    }

    static Read read(String text, String type, VerificationKeys keys) {
        JsonWebSignature signature = new JsonWebSignature();
        signature.setAlgorithmConstraints(ONLY);
        String keyId;
        try {
            signature.setCompactSerialization(text);
            keyId = signature.getKeyIdHeaderValue();
            if (!type.equals(signature.getHeader("typ")) || keyId == null) {
                return new Read.AnotherKind();
            }
        } catch (JoseException | ClassCastException e) { // the latter for a number where a text belongs
            return new Read.AnotherKind();
        }
        ECPublicKey key = keys.find(keyId);
        if (key == null) {
            return new Read.UnknownKey(keyId);
        }
        signature.setKey(key);
        try {
            return signature.verifySignature()
                    ? new Read.Signed(JwtClaims.parse(signature.getPayload()))
                    : new Read.Rejected("its signature is wrong");
        } catch (JoseException | InvalidJwtException | ClassCastException e) {
            return new Read.Rejected("it is malformed");
        }
    }
}
