package io.clawpod.spawner.docker.engine;

import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Processes;
import io.clawpod.spawner.session.Processes.Exec;
import io.clawpod.spawner.session.Processes.Opening;
import io.clawpod.spawner.session.RemoteProcess;
import io.smallrye.mutiny.Uni;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Short commands in agents' containers, whose answer fits into memory. */
final class Exchanges {
    /** The most that is kept of each stream, in bytes. */
    static final int MAX_OUTPUT = 1 << 20;

    private final Processes processes;

    Exchanges(Processes processes) {
        this.processes = processes;
    }

    /**
     * What a command came to.
     *
     * @param code exit code; 126 or 127 for one that could not be started
     * @param output as UTF-8
     * @param error what it said of its failure, for people
     */
    record Result(int code, String output, String error) {}

    /** Fails with an {@link EngineRefusal} if the session does not run or the connection breaks. */
    Uni<Result> run(SessionKey key, Exec exec) {
        return open(key, exec).chain(Exchanges::collected);
    }

    Uni<RemoteProcess> open(SessionKey key, Exec exec) {
        return processes.exec(key, exec).map(Exchanges::opened);
    }

    static RemoteProcess opened(Opening opening) {
        if (opening instanceof Opening.Opened opened) {
            return opened.process();
        }
        throw EngineRefusal.of(((Opening.Refused) opening).problem());
    }

    private static Uni<Result> collected(RemoteProcess process) {
        Collected collected = new Collected();
        return process.output()
                .onItem()
                .invoke(collected::take)
                .onItem()
                .ignoreAsUni()
                .chain(process::exit)
                .map(collected::result);
    }

    private static final class Collected {
        private final ByteArrayOutputStream output = new ByteArrayOutputStream();
        private final ByteArrayOutputStream error = new ByteArrayOutputStream();

        void take(RemoteProcess.Output piece) {
            ByteArrayOutputStream into = piece.error() ? error : output;
            if (into.size() + piece.bytes().length <= MAX_OUTPUT) {
                into.writeBytes(piece.bytes());
            }
        }

        Result result(RemoteProcess.Exit exit) {
            if (exit instanceof RemoteProcess.Exit.Exited exited) {
                return new Result(
                        exited.code(),
                        output.toString(StandardCharsets.UTF_8),
                        error.toString(StandardCharsets.UTF_8).strip());
            }
            RemoteProcess.Exit.Failed failed = (RemoteProcess.Exit.Failed) exit;
            if (failed.shellCode().isEmpty()) {
                throw new EngineRefusal(500, failed.message());
            }
            return new Result(failed.shellCode().getAsInt(), output.toString(StandardCharsets.UTF_8), failed.message());
        }
    }
}
