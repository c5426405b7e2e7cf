package io.clawpod.spawner.session;

import io.clawpod.common.Problem;
import io.clawpod.common.SessionKey;
import io.smallrye.mutiny.Uni;
import java.util.List;

/** Ways into the containers of sessions. Thread-safe; nothing here blocks or throws. */
public interface Processes {
    /**
     * Starts a process beside the agent. Refused for a session that does not run; a command that cannot be started is not
     * refused, but tells so by {@link RemoteProcess#exit}. Cancelling before the end of the Uni closes what was opened.
     */
    Uni<Opening> exec(SessionKey key, Exec exec);

    /**
     * Attaches to the agent itself, from now on. For a session that is pending, and while nobody can tell how it is, it waits,
     * without a limit of its own, until the agent has started, the session has ended, or the caller cancels.
     */
    Uni<Opening> attach(SessionKey key, Attach attach);

    /**
     * @param command the executable and its arguments; at least one, not passed through a shell
     * @param stdin whether to write to it
     * @param stdout whether to read what it writes
     * @param stderr whether to read its errors; without effect with a terminal, which has them among its output
     * @param tty whether it has a terminal
     */
    record Exec(List<String> command, boolean stdin, boolean stdout, boolean stderr, boolean tty) {
        public Exec {
            command = List.copyOf(command);
            if (command.isEmpty()) {
                throw new IllegalArgumentException("no command");
            }
            requireStream(stdin, stdout, stderr);
        }
    }

    /** As {@link Exec}; {@code stdin} and {@code tty} only if the container was made with them. */
    record Attach(boolean stdin, boolean stdout, boolean stderr, boolean tty) {
        public Attach {
            requireStream(stdin, stdout, stderr);
        }
    }

    private static void requireStream(boolean stdin, boolean stdout, boolean stderr) {
        if (!stdin && !stdout && !stderr) {
            // Kubernetes refuses it: "you must specify at least 1 of stdin, stdout, stderr".
            throw new IllegalArgumentException("none of stdin, stdout and stderr");
        }
    }

    /** What became of it. */
    sealed interface Opening {
        record Opened(RemoteProcess process) implements Opening {}

        record Refused(Problem problem) implements Opening {}
    }
}
