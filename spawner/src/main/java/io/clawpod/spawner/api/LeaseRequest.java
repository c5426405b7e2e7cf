package io.clawpod.spawner.api;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.session.OwnerLease;
import io.clawpod.spawner.session.OwnerLease.OnLapse;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Duration;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** The lease of an install's owner as callers write it. */
@RegisterForReflection
@Schema(name = "OwnerLeaseTerms", description = "What the lease promises. duration and onLapse are required.")
record LeaseRequest(
        @Schema(required = true, description = "For how long it is good, PT5S to P1D", examples = "PT90S") @Nullable
        String duration,

        @Schema(
                required = true,
                description = "What its lapse does to the install's sessions",
                enumeration = {"end", "keep"})
        @Nullable
        String onLapse,

        @Schema(description = "For how long after that nothing happens yet, up to P7D; PT60S if absent") @Nullable
        String grace,

        @Schema(description = "Whose it is; the caller's name if absent") @Nullable
        String holder) {
    private static final Duration DEFAULT_GRACE = Duration.ofSeconds(60);

    /** @throws InvalidValue naming the field */
    OwnerLease.Terms terms() {
        Duration good = SessionRequest.duration("duration", duration);
        if (good == null) {
            throw new InvalidValue("duration", "is missing", "use ISO 8601, such as PT90S");
        }
        if (onLapse == null) {
            throw new InvalidValue("onLapse", "is missing", "use end or keep");
        }
        OnLapse lapse = OnLapse.of(onLapse)
                .orElseThrow(() -> new InvalidValue("onLapse", "is neither end nor keep", "use end or keep"));
        Duration wait = SessionRequest.duration("grace", grace);
        return new OwnerLease.Terms(good, wait == null ? DEFAULT_GRACE : wait, lapse);
    }

    /**
     * Whose it is to be.
     *
     * @throws InvalidValue if the name is none
     */
    String holderOr(String caller) {
        return OwnerLease.requireHolder(holder == null ? caller : holder);
    }
}
