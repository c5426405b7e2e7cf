package io.clawpod.spawner.cluster;

import io.clawpod.common.InvalidValue;
import io.clawpod.common.SecretText;
import io.clawpod.common.SessionKey;
import io.clawpod.common.SessionToken;
import io.clawpod.common.SessionTokens;
import io.clawpod.common.SigningKey;
import io.clawpod.spawner.session.Session;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Signs session tokens with the key that all replicas share: it lies in a Secret that exists from the start, empty, so
 * that the spawner needs no right but to read and fill this one. Thread-safe.
 */
final class TokenIssuer {
    /** The data key that holds the signing key. */
    static final String DATA_KEY = "jwk";

    private static final Logger LOG = Logger.getLogger(TokenIssuer.class);

    private final KubernetesClient client;
    private final Clock clock;
    private final String namespace;
    private final String secretName;
    private final String issuer;
    private final Duration lifetime;
    private volatile @Nullable SigningKey key;
    private volatile String fault = "the signing key has not been read yet";

    /** @param lifetime of a token; the end of its pod makes it worthless before */
    TokenIssuer(
            KubernetesClient client,
            Clock clock,
            String namespace,
            String secretName,
            String issuer,
            Duration lifetime) {
        this.client = client;
        this.clock = clock;
        this.namespace = namespace;
        this.secretName = secretName;
        this.issuer = issuer;
        this.lifetime = lifetime;
    }

    /** Reads the key again, and makes one if there is none. Blocks. */
    void refresh() {
        try {
            Secret secret =
                    client.secrets().inNamespace(namespace).withName(secretName).get();
            if (secret == null) {
                fault = "Secret " + namespace + "/" + secretName + " is missing";
                return;
            }
            SigningKey found = stored(secret).orElseGet(() -> fill(secret));
            if (found != null && key == null) {
                // Shows a key that cannot sign here and not at the first session, which also need not wait for it.
                SessionTokens.sign(probe(), found);
            }
            key = found;
        } catch (KubernetesClientException e) {
            // A key that was read stays good; only its absence is a fault.
            fault = ClusterErrors.problem(e, "read Secret " + namespace + "/" + secretName)
                    .detail();
        } catch (InvalidValue e) {
            key = null;
            fault = "Secret " + namespace + "/" + secretName + ": " + e.field() + " " + e.fault();
        }
    }

    private SessionToken probe() {
        Instant now = clock.instant();
        SessionKey nobody = SessionKey.of("none", "none");
        return new SessionToken(issuer, nobody, null, null, namespace, "none", "none", now, now, "none");
    }

    private static Optional<SigningKey> stored(Secret secret) {
        Map<String, String> data = secret.getData();
        String encoded = data == null ? null : data.get(DATA_KEY);
        if (encoded == null || encoded.isEmpty()) {
            return Optional.empty();
        }
        try {
            byte[] jwk = Base64.getDecoder().decode(encoded);
            return Optional.of(SigningKey.fromJwk(SecretText.of(new String(jwk, StandardCharsets.UTF_8))));
        } catch (IllegalArgumentException e) {
            if (e instanceof InvalidValue invalid) {
                throw invalid;
            }
            throw new InvalidValue(DATA_KEY, "is not Base64", "leave it out, and the spawner makes a key");
        }
    }

    /** Of two replicas that fill it at once the API server lets one win; the other reads the winner's key next time. */
    private @Nullable SigningKey fill(Secret secret) {
        SigningKey made = SigningKey.generate();
        byte[] jwk = made.toJwk().reveal().getBytes(StandardCharsets.UTF_8);
        secret.setData(Map.of(DATA_KEY, Base64.getEncoder().encodeToString(jwk)));
        try {
            client.resource(secret).update();
            LOG.infof("signing key made kid=%s secret=%s/%s", made.id(), namespace, secretName);
            return made;
        } catch (KubernetesClientException e) {
            if (e.getCode() == 409) {
                fault = "another replica is making the signing key";
                return null;
            }
            throw e;
        }
    }

    /** Why there is no key, or empty if there is one. */
    Optional<String> fault() {
        return key == null ? Optional.of(fault) : Optional.empty();
    }

    /** The public keys, as members of a JSON Web Key Set (RFC 7517 section 5); empty without a key. */
    Optional<Map<String, Object>> publicKeys() {
        SigningKey current = key;
        return current == null ? Optional.empty() : Optional.of(Map.of("keys", List.of(current.publicJwk())));
    }

    /**
     * A token for the pod of {@code session}.
     *
     * @throws IllegalStateException if there is no key
     */
    SecretText issue(Session session) {
        SigningKey current = key;
        if (current == null) {
            throw new IllegalStateException(fault);
        }
        Instant now = clock.instant();
        SessionToken token = new SessionToken(
                issuer,
                session.key(),
                session.group(),
                session.role(),
                session.pod().namespace(),
                session.pod().name(),
                session.pod().uid(),
                now,
                now.plus(lifetime),
                UUID.randomUUID().toString());
        return SessionTokens.sign(token, current);
    }
}
