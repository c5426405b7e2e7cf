package io.clawpod.spawner.testing;

import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Processes;
import io.clawpod.spawner.session.RemoteProcess;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/** Runs nothing, and answers as told. */
public final class FakeProcesses implements Processes {
    /** The sessions in which commands were run, in order. */
    public final List<SessionKey> asked = new CopyOnWriteArrayList<>();

    /** What each command comes to. */
    public volatile Function<SessionKey, Uni<Opening>> answers;

    public FakeProcesses(Function<SessionKey, Uni<Opening>> answers) {
        this.answers = answers;
    }

    /** A command that prints and ends. */
    public static Uni<Opening> ending(String printed, RemoteProcess.Exit exit) {
        return Uni.createFrom().item(new Opening.Opened(new Ending(printed, exit)));
    }

    @Override
    public Uni<Opening> exec(SessionKey key, Exec exec) {
        asked.add(key);
        return answers.apply(key);
    }

    @Override
    public Uni<Opening> attach(SessionKey key, Attach attach) {
        throw new UnsupportedOperationException();
    }

    private record Ending(String printed, Exit how) implements RemoteProcess {
        @Override
        public Multi<Output> output() {
            return printed.isEmpty()
                    ? Multi.createFrom().empty()
                    : Multi.createFrom().item(new Output(false, printed.getBytes(StandardCharsets.UTF_8)));
        }

        @Override
        public Uni<Exit> exit() {
            return Uni.createFrom().item(how);
        }

        @Override
        public Uni<Void> write(byte[] bytes) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Uni<Void> closeInput() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Uni<Void> resize(int columns, int rows) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}
    }
}
