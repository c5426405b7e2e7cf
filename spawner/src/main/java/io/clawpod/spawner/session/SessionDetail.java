package io.clawpod.spawner.session;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * What a session's pod was made with, as its API server has it. Immutable.
 *
 * @param imageId of the image that runs, with its digest; absent before it was pulled
 * @param command replaces the image's entrypoint; empty keeps it
 * @param args replaces the image's command; empty keeps it
 * @param env literal values by name; a value that comes from a Secret is left out
 * @param user numeric {@code uid[:gid]}
 * @param requestCpuMillis what it is sure of, in thousandths of a core; absent for nothing
 * @param requestMemoryBytes what it is sure of, in bytes; absent for nothing
 * @param cpuMillis limit in thousandths of a core; absent for none
 * @param memoryBytes limit in bytes; absent for none
 * @param restartCount how often the agent was started again
 * @param hostAliases names by address
 * @param stopGraceSeconds between asking the agent to stop and killing it
 */
public record SessionDetail(
        Session session,
        @Nullable String imageId,
        List<String> command,
        List<String> args,
        @Nullable String workdir,
        SortedMap<String, String> env,
        List<Volume> mounts,
        String user,
        @Nullable Long requestCpuMillis,
        @Nullable Long requestMemoryBytes,
        @Nullable Long cpuMillis,
        @Nullable Long memoryBytes,
        boolean readOnlyRoot,
        Restart restart,
        int restartCount,
        Map<String, List<String>> hostAliases,
        long stopGraceSeconds) {

    /**
     * Something mounted.
     *
     * @param kind {@code claim}, {@code nfs}, {@code hostPath}, {@code file} or {@code memory}
     * @param source name or path of what is mounted; of a file, where it was read, and nothing if its caller sent it; empty for
     *     memory
     * @param subPath within it; empty for all of it
     */
    public record Volume(String kind, String source, String subPath, String containerPath, boolean readOnly) {}
}
