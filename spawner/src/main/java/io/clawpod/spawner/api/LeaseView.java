package io.clawpod.spawner.api;

import io.clawpod.spawner.session.OwnerLease;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** The lease of an install's owner as callers read it. Times are RFC 3339 in UTC, durations ISO 8601. */
@RegisterForReflection
@Schema(name = "OwnerLease")
record LeaseView(
        String install,
        String holder,
        String duration,
        String grace,

        @Schema(enumeration = {"end", "keep"}) String onLapse,

        String acquiredAt,
        String renewedAt,

        @Schema(description = "Unless it is renewed before") String lapsesAt,

        @Schema(description = "Whether it has not lapsed") boolean fresh) {
    static LeaseView of(OwnerLease lease, Instant now) {
        return new LeaseView(
                lease.install().value(),
                lease.holder(),
                lease.terms().duration().toString(),
                lease.terms().grace().toString(),
                lease.terms().onLapse().code(),
                lease.acquiredAt().toString(),
                lease.renewedAt().toString(),
                lease.lapsesAt().toString(),
                lease.isFresh(now));
    }
}
