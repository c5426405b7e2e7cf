package io.clawpod.spawner.session;

import io.clawpod.common.InstallSlug;
import io.clawpod.common.InvalidValue;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The word of an install's host that it is there: good for a time, and then to be renewed. Immutable.
 *
 * @param holder who has it; {@link Terms} has the bounds
 * @param acquiredAt since when this holder has it
 * @param renewedAt when it was renewed last
 */
public record OwnerLease(InstallSlug install, String holder, Terms terms, Instant acquiredAt, Instant renewedAt) {
    private static final int MAX_HOLDER = 253;

    /** @throws InvalidValue if {@code holder} is empty, longer than 253 characters or not printable */
    public OwnerLease {
        requireHolder(holder);
    }

    /** @throws InvalidValue if {@code holder} is empty, longer than 253 characters or not printable */
    public static String requireHolder(String holder) {
        boolean printable = holder.codePoints().noneMatch(Character::isISOControl) && !holder.isBlank();
        if (!printable || holder.length() > MAX_HOLDER) {
            throw new InvalidValue("holder", "is no name", "use 1 to " + MAX_HOLDER + " printable characters");
        }
        return holder;
    }

    /** What a lease that lapses does to the sessions of its install. */
    public enum OnLapse {
        /** Those that have not ended are ended. */
        END,
        /** They are left alone. */
        KEEP;

        /** As callers write it. */
        public String code() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** The one that callers write like this. */
        public static Optional<OnLapse> of(String code) {
            return Stream.of(values())
                    .filter(value -> value.code().equals(code))
                    .findFirst();
        }
    }

    /**
     * What a lease promises.
     *
     * @param duration for how long a renewal is good: whole seconds, 5 seconds to a day
     * @param grace for how long after that nothing happens yet: up to 7 days
     */
    public record Terms(Duration duration, Duration grace, OnLapse onLapse) {
        private static final Duration MIN_DURATION = Duration.ofSeconds(5);
        private static final Duration MAX_DURATION = Duration.ofDays(1);
        private static final Duration MAX_GRACE = Duration.ofDays(7);

        /** @throws InvalidValue if a duration is out of bounds */
        public Terms {
            // Kubernetes holds it in whole seconds (LeaseSpec, leaseDurationSeconds).
            if (duration.compareTo(MIN_DURATION) < 0
                    || duration.compareTo(MAX_DURATION) > 0
                    || !duration.equals(Duration.ofSeconds(duration.toSeconds()))) {
                throw new InvalidValue(
                        "duration", "is out of bounds", "use whole seconds, " + MIN_DURATION + " to " + MAX_DURATION);
            }
            if (grace.isNegative() || grace.compareTo(MAX_GRACE) > 0) {
                throw new InvalidValue("grace", "is out of bounds", "use PT0S to " + MAX_GRACE);
            }
        }
    }

    /** Until when the last renewal is good. */
    public Instant lapsesAt() {
        return renewedAt.plus(terms.duration());
    }

    /** Whether the last renewal is good at {@code time}. */
    public boolean isFresh(Instant time) {
        return time.isBefore(lapsesAt());
    }
}
