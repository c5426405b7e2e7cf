package io.clawpod.spawner.docker.engine;

import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Processes;
import io.clawpod.spawner.session.Processes.Attach;
import io.clawpod.spawner.session.Processes.Opening;
import io.clawpod.spawner.session.RemoteProcess;
import io.clawpod.spawner.session.RemoteProcess.Output;
import io.clawpod.spawner.session.Sessions;
import io.clawpod.spawner.session.Sessions.LogQuery;
import io.clawpod.spawner.session.Sessions.Logs;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.vertx.core.Context;
import java.io.ByteArrayOutputStream;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What an agent writes, as one who attaches wants it. Its log is the truth: it misses nothing, also of an agent that ended
 * before anyone could attach. But it has both streams as one, so standard error is attached to besides, to tell them apart.
 */
final class AgentOutput {
    private static final int MAX_BEGINNING = 1 << 16;
    private static final LogQuery NOW = new LogQuery(false, null, null, false);

    private final Sessions sessions;
    private final Processes processes;

    AgentOutput(Sessions sessions, Processes processes) {
        this.sessions = sessions;
        this.processes = processes;
    }

    /** The log's bytes; fails with an {@link EngineRefusal} if there is none. */
    Uni<Multi<byte[]>> log(SessionKey key, LogQuery query) {
        return sessions.logs(key, query).map(logs -> {
            if (logs instanceof Logs.Stream stream) {
                return stream.bytes();
            }
            throw EngineRefusal.of(((Logs.Refused) logs).problem());
        });
    }

    /** The log as it is. */
    Multi<Output> merged(SessionKey key, LogQuery query) {
        return log(key, query).onItem().transformToMulti(bytes -> bytes).map(bytes -> new Output(false, bytes));
    }

    /** All that an agent with a terminal writes, but for a reader who types nothing. */
    Multi<Output> shown(SessionKey key, LogQuery query) {
        CarriageReturns returns = new CarriageReturns();
        return merged(key, query).map(piece -> new Output(false, returns.restore(piece.bytes())));
    }

    /**
     * All that an agent without a terminal writes.
     *
     * @param side attached to its standard error, and perhaps its standard input; read here
     * @param loop on which lines are told apart
     */
    Multi<Output> split(SessionKey key, LogQuery query, Uni<RemoteProcess> side, Context loop) {
        ErrorLines lines = new ErrorLines();
        AtomicBoolean attached = new AtomicBoolean();
        Cancellable watching = side.onItem()
                .invoke(process -> attached.set(true))
                .onItem()
                .transformToMulti(RemoteProcess::output)
                .subscribe()
                .with(
                        piece -> loop.runOnContext(go -> lines.error(piece.bytes())),
                        // Without it every line counts as standard output, and none is lost.
                        failure -> {});
        return Settling.of(log(key, query).onItem().transformToMulti(bytes -> bytes), lines, attached::get, loop)
                .onTermination()
                .invoke(watching::cancel);
    }

    /** Attaches once the agent runs; fails if it ends before that. */
    Uni<RemoteProcess> attach(SessionKey key, Attach attach) {
        return processes.attach(key, attach).map(Exchanges::opened);
    }

    /**
     * A terminal's output, for one who types. Nobody can attach before the agent runs, so what it wrote until then is taken
     * from its log. If it has ended by then, the log is all there is.
     */
    Multi<Output> terminal(SessionKey key, Uni<Opening> attaching) {
        return attaching.onItem().transformToMulti(opening -> {
            if (!(opening instanceof Opening.Opened opened)) {
                return shown(key, NOW);
            }
            return beginning(key).onItem().transformToMulti(beginning -> {
                TerminalBeginning joint = new TerminalBeginning(beginning);
                return opened.process().output().map(piece -> new Output(false, joint.join(piece.bytes())));
            });
        });
    }

    private Uni<byte[]> beginning(SessionKey key) {
        return log(key, NOW)
                .onItem()
                .transformToMulti(bytes -> bytes)
                .collect()
                .in(ByteArrayOutputStream::new, (all, piece) -> {
                    if (all.size() + piece.length <= MAX_BEGINNING) {
                        all.writeBytes(piece);
                    }
                })
                .map(all -> new CarriageReturns().restore(all.toByteArray()))
                .onFailure()
                .recoverWithItem(new byte[0]);
    }
}
