package io.clawpod.spawner.session;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;
import java.util.SortedMap;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of a session: how it ended and what it used. Stored and served in this very form; members are added, and never
 * given another meaning under the same {@code version}.
 *
 * @param version of this form
 * @param ended whether this is the last word; else the session still ran when it was written
 * @param imageId with its digest, as the node's runtime names the image; absent if the image never came
 * @param restarts how often the agent was started again
 * @param reason code of {@link Reason}; absent while it runs, and where nobody saw the end
 * @param credentialCalls calls of the agent to the credential proxy, by what became of them; absent if nobody counted
 */
@RegisterForReflection
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record SessionRecord(
        int version,
        boolean ended,
        String install,
        String key,
        @Nullable String group,
        @Nullable String role,
        Pod pod,
        String image,
        @Nullable String imageId,
        String specHash,
        boolean tty,
        Instant createdAt,
        @Nullable Instant startedAt,
        @Nullable Instant endedAt,
        @Nullable String reason,
        @Nullable String message,
        @Nullable Integer exitCode,
        @Nullable Integer signal,
        int restarts,
        @Nullable Limits requested,
        @Nullable Limits limits,
        @Nullable Used used,
        Log log,
        @Nullable SortedMap<String, Long> credentialCalls) {
    public static final int VERSION = 1;

    /** @param node absent if none took it */
    @RegisterForReflection
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @JsonIgnoreProperties(ignoreUnknown = true)
    @Schema(name = "ArchivedPod")
    public record Pod(
            String namespace,
            String name,
            String uid,
            @Nullable String node) {}

    /** What it asked for, or might use at most; absent for no bound. */
    @RegisterForReflection
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @JsonIgnoreProperties(ignoreUnknown = true)
    @Schema(name = "ArchivedLimits")
    public record Limits(@Nullable Long cpuMillis, @Nullable Long memoryBytes) {}

    /**
     * What it had used when it was looked at last, a while before its end.
     *
     * @param cpuSeconds of processor time, of all its runs
     * @param peakMemoryBytes the most memory at one time; absent where the node does not tell
     */
    @RegisterForReflection
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @JsonIgnoreProperties(ignoreUnknown = true)
    @Schema(name = "ArchivedUsed")
    public record Used(
            Instant at,
            @Nullable Double cpuSeconds,
            @Nullable Long peakMemoryBytes) {}

    /**
     * What is kept of its log.
     *
     * @param bytes as the agent wrote them, each line after its time
     * @param scrubbed how many secrets were taken out
     * @param complete whether it was read to the agent's end
     * @param truncated whether the oldest part was given up for want of room
     * @param gaps where lines are missing in between
     */
    @RegisterForReflection
    @JsonIgnoreProperties(ignoreUnknown = true)
    @Schema(name = "ArchivedLog")
    public record Log(
            long bytes, long lines, int segments, long scrubbed, boolean complete, boolean truncated, List<Gap> gaps) {
        public static final Log NONE = new Log(0, 0, 0, 0, false, false, List.of());

        public Log {
            gaps = gaps == null ? List.of() : List.copyOf(gaps);
        }
    }

    /**
     * Lines that nobody has any more.
     *
     * @param after time of the last line before
     * @param before time of the first line after
     */
    @RegisterForReflection
    @JsonIgnoreProperties(ignoreUnknown = true)
    @Schema(name = "ArchivedGap")
    public record Gap(Instant after, Instant before) {}
}
