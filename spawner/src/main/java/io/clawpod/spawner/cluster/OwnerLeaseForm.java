package io.clawpod.spawner.cluster;

import io.clawpod.common.Digests;
import io.clawpod.common.InstallSlug;
import io.clawpod.common.InvalidValue;
import io.clawpod.common.Labels;
import io.clawpod.spawner.session.OwnerLease;
import io.clawpod.spawner.session.OwnerLease.OnLapse;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How an {@link OwnerLease} lies in a Lease object. Pure.
 *
 * @see <a href="https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/">Lease</a>
 */
final class OwnerLeaseForm {
    /** What a lapse does to the sessions: {@code end} or {@code keep}. */
    static final String ANNOTATION_ON_LAPSE = "clawpod.io/on-lapse";

    /** How long after a lapse nothing happens yet, as an ISO 8601 duration. */
    static final String ANNOTATION_GRACE = "clawpod.io/grace";

    private static final String PREFIX = "owner-";
    private static final int DIGEST_LENGTH = 10;
    private static final Pattern DNS_LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

    private OwnerLeaseForm() {}

    /**
     * The name of the install's Lease: {@code owner-<install>}, or for a slug that no object can be named by (RFC 1123), its
     * readable part, a dot, which no other slug's name has, and 10 hex digits of its SHA-256.
     */
    static String name(InstallSlug install) {
        String slug = install.value();
        if (DNS_LABEL.matcher(slug).matches()) {
            return PREFIX + slug;
        }
        String readable = slug.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "-");
        return PREFIX + readable + "." + Digests.hex("SHA-256", slug.getBytes(StandardCharsets.UTF_8), DIGEST_LENGTH);
    }

    /** The labels by which all are found. */
    static Map<String, String> labels() {
        return Map.of(Labels.MANAGED_BY, Labels.MANAGED_BY_SPAWNER);
    }

    /**
     * Puts {@code lease} into a copy of {@code base}, whose resourceVersion and uid stay.
     *
     * @param base as the API server has it, or an empty one
     */
    static Lease write(OwnerLease lease, Lease base, String namespace) {
        boolean changesHands = base.getSpec() != null
                && base.getSpec().getHolderIdentity() != null
                && !lease.holder().equals(base.getSpec().getHolderIdentity());
        int before = base.getSpec() == null || base.getSpec().getLeaseTransitions() == null
                ? 0
                : base.getSpec().getLeaseTransitions();
        return new LeaseBuilder(base)
                .editOrNewMetadata()
                .withNamespace(namespace)
                .withName(name(lease.install()))
                .addToLabels(Labels.MANAGED_BY, Labels.MANAGED_BY_SPAWNER)
                .addToLabels(Labels.INSTALL, lease.install().value())
                .addToAnnotations(ANNOTATION_ON_LAPSE, lease.terms().onLapse().code())
                .addToAnnotations(ANNOTATION_GRACE, lease.terms().grace().toString())
                .endMetadata()
                .editOrNewSpec()
                .withHolderIdentity(lease.holder())
                .withLeaseDurationSeconds((int) lease.terms().duration().toSeconds())
                .withAcquireTime(time(lease.acquiredAt()))
                .withRenewTime(time(lease.renewedAt()))
                .withLeaseTransitions(changesHands ? before + 1 : before)
                .endSpec()
                .build();
    }

    /** As the API server keeps times of Leases: to the microsecond. */
    static ZonedDateTime time(Instant instant) {
        return instant.truncatedTo(ChronoUnit.MICROS).atZone(ZoneOffset.UTC);
    }

    /** What an object says, or empty if it is not the lease of an install, or somebody has made it unreadable. */
    static Optional<OwnerLease> read(Lease lease) {
        Map<String, String> labels = orEmpty(lease.getMetadata().getLabels());
        Map<String, String> annotations = orEmpty(lease.getMetadata().getAnnotations());
        LeaseSpec spec = lease.getSpec();
        if (!Labels.MANAGED_BY_SPAWNER.equals(labels.get(Labels.MANAGED_BY))
                || spec == null
                || spec.getHolderIdentity() == null
                || spec.getLeaseDurationSeconds() == null
                || spec.getRenewTime() == null) {
            return Optional.empty();
        }
        try {
            InstallSlug install = new InstallSlug(labels.getOrDefault(Labels.INSTALL, ""));
            Optional<OnLapse> onLapse = OnLapse.of(annotations.getOrDefault(ANNOTATION_ON_LAPSE, ""));
            if (onLapse.isEmpty() || !name(install).equals(lease.getMetadata().getName())) {
                return Optional.empty();
            }
            Instant renewed = spec.getRenewTime().toInstant();
            return Optional.of(new OwnerLease(
                    install,
                    spec.getHolderIdentity(),
                    new OwnerLease.Terms(
                            Duration.ofSeconds(spec.getLeaseDurationSeconds()),
                            Duration.parse(annotations.getOrDefault(ANNOTATION_GRACE, "")),
                            onLapse.get()),
                    spec.getAcquireTime() == null
                            ? renewed
                            : spec.getAcquireTime().toInstant(),
                    renewed));
        } catch (InvalidValue | DateTimeParseException e) {
            return Optional.empty();
        }
    }

    private static Map<String, String> orEmpty(Map<String, String> map) {
        return map == null ? Map.of() : map;
    }
}
