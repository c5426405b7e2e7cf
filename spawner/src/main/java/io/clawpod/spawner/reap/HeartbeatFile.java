package io.clawpod.spawner.reap;

import io.clawpod.spawner.session.LifeSigns;
import io.clawpod.spawner.session.Processes;
import io.clawpod.spawner.session.Processes.Exec;
import io.clawpod.spawner.session.Processes.Opening;
import io.clawpod.spawner.session.RemoteProcess;
import io.clawpod.spawner.session.RemoteProcess.Exit;
import io.clawpod.spawner.session.Session;
import io.smallrye.mutiny.Uni;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads heartbeat files inside their containers, by what the readiness probe takes too: sh, date and stat. Thread-safe. */
final class HeartbeatFile {
    private static final String READ = "date +%s && { [ ! -e \"$1\" ] || stat -c %Y \"$1\"; }";
    private static final Pattern TIMES = Pattern.compile("([0-9]{1,12})\n(?:([0-9]{1,12})\n)?");
    private static final int MAX_OUTPUT = 256;

    private final Processes processes;
    private final Clock clock;
    private final Duration patience;

    /** @param patience for how long an answer is waited for */
    HeartbeatFile(Processes processes, Clock clock, Duration patience) {
        this.processes = processes;
        this.clock = clock;
        this.patience = patience;
    }

    /** Why a heartbeat was not read, or not noted. */
    enum Fault {
        /** The cluster did not let the command run. */
        REFUSED,
        /** There was no answer in time. */
        TIMEOUT,
        /** The image lacks the command, or it failed. */
        COMMAND,
        /** The connection broke. */
        CONNECTION,
        /** It was read, but could not be noted in the pod. */
        NOTE;

        String code() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** What reading came to. */
    sealed interface Outcome {
        record Read(Reading reading) implements Outcome {}

        record Failed(Fault why) implements Outcome {}
    }

    /** Does not fail, and completes in time. */
    Uni<Outcome> read(Session session) {
        LifeSigns.Rule heartbeat = session.signs().heartbeat();
        if (heartbeat == null) {
            throw new IllegalArgumentException("a session without a heartbeat");
        }
        List<String> command = List.of("sh", "-c", READ, "heartbeat", heartbeat.file());
        return processes
                .exec(session.key(), new Exec(command, false, true, false, false))
                .chain(this::read)
                .ifNoItem()
                .after(patience)
                .recoverWithItem(new Outcome.Failed(Fault.TIMEOUT))
                .onFailure()
                .recoverWithItem(new Outcome.Failed(Fault.CONNECTION));
    }

    private Uni<Outcome> read(Opening opening) {
        if (!(opening instanceof Opening.Opened opened)) {
            return Uni.createFrom().item(new Outcome.Failed(Fault.REFUSED));
        }
        RemoteProcess process = opened.process();
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        return process.output()
                .onItem()
                .invoke(piece -> {
                    if (printed.size() + piece.bytes().length <= MAX_OUTPUT) {
                        printed.writeBytes(piece.bytes());
                    }
                })
                .onItem()
                .ignoreAsUni()
                .chain(process::exit)
                .map(exit -> outcome(exit, printed.toString(StandardCharsets.US_ASCII)));
    }

    private Outcome outcome(Exit exit, String printed) {
        if (exit instanceof Exit.Failed failed && failed.shellCode().isEmpty()) {
            return new Outcome.Failed(Fault.CONNECTION);
        }
        Matcher times = TIMES.matcher(printed);
        if (!(exit instanceof Exit.Exited exited) || exited.code() != 0 || !times.matches()) {
            return new Outcome.Failed(Fault.COMMAND);
        }
        long now = Long.parseLong(times.group(1));
        @Nullable String modified = times.group(2);
        return new Outcome.Read(
                modified == null
                        ? Reading.noFile(clock.instant())
                        : Reading.of(clock.instant(), now, Long.parseLong(modified)));
    }
}
