package io.clawpod.spawner.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.clawpod.spawner.session.Session;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A session as callers read it. Times are RFC 3339 in UTC. */
@RegisterForReflection
@JsonInclude(JsonInclude.Include.NON_NULL)
@Schema(name = "Session")
public record SessionView(
        String install,
        String key,
        @Nullable String group,
        @Nullable String role,

        @Schema(enumeration = {"pending", "running", "unhealthy", "stopping", "ended"})
        String state,

        @Nullable String reason,
        @Nullable String message,
        @Nullable Integer exitCode,
        @Nullable Integer signal,
        PodView pod,
        @Nullable JobView job,
        String image,
        String specHash,
        String createdAt,
        @Nullable String startedAt,
        @Nullable String endedAt,

        @Schema(description = "Since when its token is refused") @Nullable
        String revokedAt,

        @Schema(description = "When its agent last gave a heartbeat, as last read") @Nullable
        String lastHeartbeat,

        @Schema(description = "How often its container has been made anew after an end; absent for never") @Nullable
        Integer restarts,

        @Nullable List<String> warnings) {

    /** The Job that makes its pods. */
    @RegisterForReflection
    @Schema(name = "Job")
    public record JobView(
            String name,
            String uid,

            @Schema(description = "How many of its pods have failed")
            int failed) {}

    /** The pod that carries it. */
    @RegisterForReflection
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @Schema(name = "Pod")
    public record PodView(
            String namespace,
            String name,
            String uid,
            @Nullable String node,
            @Nullable String ip) {}

    public static SessionView of(Session session) {
        return of(session, List.of());
    }

    static SessionView of(Session session, List<String> warnings) {
        Session.PodRef pod = session.pod();
        Session.Job job = session.job();
        return new SessionView(
                session.key().install().value(),
                session.key().key(),
                session.group(),
                session.role(),
                session.state().code(),
                session.reason() == null ? null : session.reason().code(),
                session.message(),
                session.exitCode(),
                session.signal(),
                new PodView(pod.namespace(), pod.name(), pod.uid(), pod.node(), pod.ip()),
                job == null ? null : new JobView(job.name(), job.uid(), job.failed()),
                session.image(),
                session.specHash().value(),
                session.createdAt().toString(),
                session.startedAt() == null ? null : session.startedAt().toString(),
                session.endedAt() == null ? null : session.endedAt().toString(),
                session.revokedAt() == null ? null : session.revokedAt().toString(),
                session.signs().lastHeartbeat() == null
                        ? null
                        : session.signs().lastHeartbeat().toString(),
                session.restarts() == 0 ? null : Integer.valueOf(session.restarts()),
                warnings.isEmpty() ? null : warnings);
    }
}
