package io.clawpod.spawner.docker.engine;

import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.RemoteProcess;
import io.clawpod.spawner.session.Session;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What Docker says of a session's end. Pure. */
final class Ends {
    /** The command is there and cannot be run (Docker CLI reference, docker run, exit status). */
    static final int CANNOT_RUN = 126;

    /** What the container runtime gives as the exit code of a container that it could not start. */
    private static final int RUNTIME_FAILED = 128;

    private static final int KILLED = 137;

    /**
     * @param code exit code
     * @param error why there is no code of the agent's own; the docker command line then exits with 125
     */
    record End(int code, @Nullable String error) {}

    private Ends() {}

    static End of(Session session) {
        Integer code = session.exitCode();
        if (code != null && session.reason() != Reason.INIT_FAILED) {
            Integer start = startFailure(session);
            return new End(start == null ? code : start, null);
        }
        if (session.reason() == null || session.reason().isEndAskedFor()) {
            return new End(KILLED, null);
        }
        String message = session.message() == null ? "" : ": " + session.message();
        return new End(KILLED, "the session ended, " + session.reason().code() + message);
    }

    /** The code of an agent that the runtime could not start; null if it was started. */
    static @Nullable Integer startFailure(Session session) {
        String message = session.message();
        if (session.exitCode() == null || session.exitCode() != RUNTIME_FAILED || message == null) {
            return null;
        }
        String said = message.toLowerCase(Locale.ROOT);
        if (!said.contains("exec") && !said.contains("runc") && !said.contains("oci runtime")) {
            return null;
        }
        return new RemoteProcess.Exit.Failed(message).shellCode().orElse(CANNOT_RUN);
    }
}
