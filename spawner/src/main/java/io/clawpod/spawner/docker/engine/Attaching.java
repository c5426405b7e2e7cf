package io.clawpod.spawner.docker.engine;

import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Processes;
import io.clawpod.spawner.session.Processes.Attach;
import io.clawpod.spawner.session.Processes.Opening;
import io.clawpod.spawner.session.RemoteProcess;
import io.clawpod.spawner.session.RemoteProcess.Output;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.Sessions.LogQuery;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Connects clients to agents: their logs, and their streams. Closing such a connection leaves the agent as it is. */
final class Attaching {
    private static final Logger LOG = Logger.getLogger(Attaching.class);

    private final Containers containers;
    private final AgentOutput output;
    private final Processes processes;
    private final Terminals terminals;
    private final Kept kept;

    Attaching(Containers containers, AgentOutput output, Processes processes, Terminals terminals, Kept kept) {
        this.kept = kept;
        this.containers = containers;
        this.output = output;
        this.processes = processes;
        this.terminals = terminals;
    }

    /** Docker Engine API, ContainerLogs. */
    Uni<Reply> logs(Call call) {
        if (!call.isOn("stdout") && !call.isOn("stderr")) {
            throw new EngineRefusal(400, "Bad parameters: you must choose at least one stream");
        }
        Instant until = call.time("until");
        boolean timestamps = call.isOn("timestamps");
        String tail = call.parameter("tail");
        Integer lines = tail == null || tail.equals("all") ? null : call.number("tail", -1, Integer.MAX_VALUE);
        LogQuery query = new LogQuery(
                call.isOn("follow"),
                lines == null || lines < 0 ? null : lines,
                call.time("since"),
                timestamps || until != null);
        // From the archive it comes on a thread of its own; a connection belongs to its loop.
        Context context = Vertx.currentContext();
        Executor loop = task -> context.runOnContext(go -> task.run());
        String name = call.part("id");
        if (kept.isOn() && !containers.isThere(name)) {
            return kept.find(name)
                    .chain(record -> kept.log(record, query)
                            .emitOn(loop)
                            .chain(bytes -> shown(call, bytes, until, kept.key(record), record.tty())));
        }
        Session session = containers.find(name);
        boolean tty = session.container().tty();
        if (session.isHeld() && !query.follow()) {
            return Wire.open(call.request(), contentType(call, tty)).map(wire -> {
                wire.end();
                return Reply.SENT;
            });
        }
        return output.log(session.key(), query)
                .emitOn(loop)
                .chain(bytes -> shown(call, bytes, until, session.key(), tty));
    }

    private Uni<Reply> shown(Call call, Multi<byte[]> bytes, @Nullable Instant until, SessionKey key, boolean tty) {
        LogLines log = new LogLines(until, call.isOn("timestamps"));
        Multi<Output> pieces = until == null ? bytes.map(piece -> new Output(false, piece)) : log.until(bytes);
        if (tty) {
            CarriageReturns returns = new CarriageReturns();
            pieces = pieces.map(piece -> new Output(false, returns.restore(piece.bytes())));
        }
        Multi<Output> told = pieces;
        // The log has both streams as one; it is standard output to who asks for that, else standard error.
        boolean asError = !call.isOn("stdout");
        return Wire.open(call.request(), contentType(call, tty))
                .map(wire -> pump(
                        wire,
                        told.map(piece -> new Output(asError, piece.bytes())),
                        key,
                        tty,
                        new AtomicReference<>()));
    }

    private static String contentType(Call call, boolean tty) {
        return tty || !ApiVersion.of(call).isAtLeast(1, 42) ? Frames.RAW : Frames.MULTIPLEXED;
    }

    /** Docker Engine API, ContainerAttach. */
    Uni<Reply> attach(Call call) {
        Session session = containers.find(call.part("id"));
        if (session.hasEnded() && !call.isOn("logs") && (!call.isOn("stream") || containers.isDeparted(session))) {
            throw new EngineRefusal(409, "session " + session.key() + " has ended; docker logs shows what it wrote");
        }
        boolean typed =
                call.isOn("stdin") && call.isOn("stream") && session.container().stdin();
        DetachKeys keys = session.container().tty() ? DetachKeys.parse(call.parameter("detachKeys")) : null;
        return Wire.open(call.request(), contentType(call, session.container().tty()))
                .map(wire -> connect(wire, call, session, typed, keys));
    }

    private Reply connect(Wire wire, Call call, Session session, boolean typed, @Nullable DetachKeys keys) {
        boolean stream = call.isOn("stream");
        boolean logs = call.isOn("logs");
        // Who attaches before the start wants all of it, and who attaches later only what is still to come.
        LogQuery query =
                new LogQuery(stream, logs || session.startedAt() == null ? null : Integer.valueOf(0), null, false);
        AtomicReference<@Nullable RemoteProcess> process = new AtomicReference<>();
        if (!typed) {
            wire.read(ignored -> {}, () -> {});
        }
        Multi<Output> pieces;
        if (session.hasEnded() && !logs) {
            // As docker start -a does it: attached to what ended, for what it writes once it is started again.
            LogQuery all = new LogQuery(true, null, null, false);
            pieces = containers
                    .startedAgain(session)
                    .onItem()
                    .transformToMulti(again -> pieces(wire, again, typed, all, keys, process));
        } else {
            pieces = pieces(wire, session, typed, query, keys, process);
        }
        boolean out = call.isOn("stdout");
        boolean error = call.isOn("stderr");
        boolean tty = session.container().tty();
        return pump(
                wire,
                pieces.select().where(piece -> tty || (piece.error() ? error : out)),
                session.key(),
                tty,
                process);
    }

    private Multi<Output> pieces(
            Wire wire,
            Session session,
            boolean typed,
            LogQuery query,
            @Nullable DetachKeys keys,
            AtomicReference<@Nullable RemoteProcess> process) {
        SessionKey key = session.key();
        if (session.container().tty()) {
            return typed
                    ? output.terminal(key, opened(wire, key, new Attach(true, true, false, true), keys, process))
                    : output.shown(key, query);
        }
        if (!query.follow()) {
            return output.merged(key, query);
        }
        Uni<RemoteProcess> side = opened(wire, key, new Attach(typed, false, true, false), null, process)
                .map(Exchanges::opened);
        return output.split(key, query, side, wire.loop());
    }

    /** Attaches and lets what the client types go in. */
    private Uni<Opening> opened(
            Wire wire,
            SessionKey key,
            Attach attach,
            @Nullable DetachKeys keys,
            AtomicReference<@Nullable RemoteProcess> kept) {
        return processes.attach(key, attach).invoke(opening -> {
            if (opening instanceof Opening.Opened opened) {
                kept.set(opened.process());
                if (attach.tty()) {
                    terminals.add(ContainerId.of(key), opened.process());
                }
                if (attach.stdin()) {
                    Input.pump(wire, opened.process(), keys, () -> {
                        opened.process().close();
                        wire.end();
                    });
                }
            }
        });
    }

    private Reply pump(
            Wire wire,
            Multi<Output> pieces,
            SessionKey key,
            boolean tty,
            AtomicReference<@Nullable RemoteProcess> process) {
        Runnable letGo = () -> {
            RemoteProcess open = process.get();
            terminals.remove(ContainerId.of(key), open);
            if (open != null) {
                open.close();
            }
        };
        Pump pump = Pump.start(pieces.map(piece -> Frames.of(piece, tty)), wire.loop(), wire.out(), failure -> {
            letGo.run();
            if (failure == null) {
                wire.end();
            } else {
                LOG.infof(
                        "output broken off session=%s fault=%s",
                        key, failure.getClass().getSimpleName());
                wire.abort();
            }
        });
        wire.onClose(() -> {
            pump.stop();
            letGo.run();
        });
        return Reply.SENT;
    }

    /** Docker Engine API, ContainerResize. */
    Uni<Reply> resize(Call call) {
        Session session = containers.find(call.part("id"));
        return terminals.resize(call, ContainerId.of(session.key()));
    }
}
