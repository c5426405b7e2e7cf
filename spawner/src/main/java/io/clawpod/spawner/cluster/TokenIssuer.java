package io.clawpod.spawner.cluster;

import io.clawpod.common.CallsToken;
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
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Signs session tokens with the key that all replicas share: it lies in a Secret that exists from the start, empty, so
 * that the spawner needs no right but to read and fill this one. Keys are rotated there, one replica at a time, because
 * the API server takes an update only of what was last read. Thread-safe.
 */
final class TokenIssuer {
    private static final Logger LOG = Logger.getLogger(TokenIssuer.class);

    private final KubernetesClient client;
    private final Clock clock;
    private final String namespace;
    private final String secretName;
    private final String issuer;
    private final Duration lifetime;
    private final Duration rotateAfter;
    private volatile @Nullable KeyRing ring;
    private volatile String fault = "the signing key has not been read yet";

    /**
     * Makes one without a key; {@link #refresh()} gets it.
     *
     * @param lifetime of a token; the end of its pod makes it worthless before
     * @param rotateAfter how long a key signs
     */
    TokenIssuer(
            KubernetesClient client,
            Clock clock,
            String namespace,
            String secretName,
            String issuer,
            Duration lifetime,
            Duration rotateAfter) {
        this.client = client;
        this.clock = clock;
        this.namespace = namespace;
        this.secretName = secretName;
        this.issuer = issuer;
        this.lifetime = lifetime;
        this.rotateAfter = rotateAfter;
    }

    /** Reads the keys again, makes one if there is none, and rotates them when it is time. Blocks. */
    void refresh() {
        try {
            Secret secret =
                    client.secrets().inNamespace(namespace).withName(secretName).get();
            if (secret == null) {
                fault = "Secret " + namespace + "/" + secretName + " is missing";
                return;
            }
            KeyRing found = current(secret);
            if (found != null && ring == null) {
                // Shows a key that cannot sign here and not at the first session, which also need not wait for it.
                SessionTokens.sign(probe(), found.signing().key());
            }
            ring = found;
        } catch (KubernetesClientException e) {
            // A key that was read stays good; only its absence is a fault.
            fault = ClusterErrors.problem(e, "read Secret " + namespace + "/" + secretName)
                    .detail();
        } catch (InvalidValue e) {
            ring = null;
            fault = "Secret " + namespace + "/" + secretName + ": " + e.field() + " " + e.fault();
        }
    }

    private SessionToken probe() {
        Instant now = clock.instant();
        SessionKey nobody = SessionKey.of("none", "none");
        return new SessionToken(issuer, nobody, null, null, namespace, "none", "none", now, now, "none");
    }

    private @Nullable KeyRing current(Secret secret) {
        Instant now = clock.instant();
        KeyRing stored = KeyRingSecret.read(secret, now);
        if (stored == null) {
            KeyRing made = KeyRing.first(SigningKey.generate(), now);
            if (store(made, secret)) {
                return made;
            }
            fault = "another replica is making the signing key";
            return null;
        }
        KeyRing wanted = stored.at(now, rotateAfter, lifetime, SigningKey::generate);
        if (wanted.equals(stored) && !KeyRingSecret.isUndated(secret)) {
            return stored;
        }
        try {
            return store(wanted, secret) ? wanted : stored;
        } catch (KubernetesClientException e) {
            // The old keys are as good as they were; the next refresh tries again.
            LOG.warnf("signing keys not rotated secret=%s/%s status=%d", namespace, secretName, e.getCode());
            return stored;
        }
    }

    /** Of two replicas that write at once the API server lets one win; the other reads the winner's keys next time. */
    private boolean store(KeyRing wanted, Secret secret) {
        KeyRingSecret.write(wanted, secret);
        try {
            client.resource(secret).update();
        } catch (KubernetesClientException e) {
            if (e.getCode() == 409) {
                return false;
            }
            throw e;
        }
        LOG.infof(
                "signing keys stored secret=%s/%s signing=%s next=%s previous=%s",
                namespace, secretName, wanted.signing().key().id(), id(wanted.next()), id(wanted.previous()));
        return true;
    }

    private static String id(KeyRing.@Nullable Dated dated) {
        return dated == null ? "-" : dated.key().id();
    }

    /** Why there is no key, or empty if there is one. */
    Optional<String> fault() {
        return ring == null ? Optional.of(fault) : Optional.empty();
    }

    /** The public keys, as members of a JSON Web Key Set (RFC 7517 section 5); empty without a key. */
    Optional<Map<String, Object>> publicKeys() {
        KeyRing current = ring;
        return current == null ? Optional.empty() : Optional.of(Map.of("keys", current.published()));
    }

    /** A token by which credential proxies tell the spawner what was called; empty without a key. */
    Optional<SecretText> callsToken() {
        KeyRing current = ring;
        return current == null
                ? Optional.empty()
                : Optional.of(CallsToken.sign(
                        issuer, clock.instant(), current.signing().key()));
    }

    /**
     * A token for the pod of {@code session}.
     *
     * @throws IllegalStateException if there is no key
     */
    SecretText issue(Session session) {
        KeyRing current = ring;
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
        return SessionTokens.sign(token, current.signing().key());
    }
}
