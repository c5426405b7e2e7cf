package io.clawpod.spawner.reap;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.reap.HeartbeatFile.Fault;
import io.clawpod.spawner.reap.HeartbeatFile.Outcome;
import io.clawpod.spawner.session.Heartbeat.OnStale;
import io.clawpod.spawner.session.LifeSigns;
import io.clawpod.spawner.session.Processes.Opening;
import io.clawpod.spawner.session.RemoteProcess.Exit;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionState;
import io.clawpod.spawner.testing.FakeProcesses;
import io.clawpod.spawner.testing.SampleSessions;
import io.clawpod.spawner.testing.TestClock;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeartbeatFileTest {
    private static final Session SESSION = SampleSessions.of(
            SessionKey.of("i", "a"),
            SessionState.RUNNING,
            null,
            null,
            new LifeSigns(new LifeSigns.Rule("/hb", Duration.ofMinutes(30), OnStale.REPORT), null, true, null, null));

    private final TestClock clock = new TestClock();

    private Outcome read(Uni<Opening> answer) {
        return read(answer, Duration.ofSeconds(20));
    }

    private Outcome read(Uni<Opening> answer, Duration patience) {
        return new HeartbeatFile(new FakeProcesses(key -> answer), clock, patience)
                .read(SESSION)
                .await()
                .indefinitely();
    }

    private Outcome printed(String text, int code) {
        return read(FakeProcesses.ending(text, new Exit.Exited(code)));
    }

    @Test
    void theAgeIsOfTheNodesClockAndTheTimeIsTheFiles() {
        Reading reading = ((Outcome.Read) printed("1000010\n1000003\n", 0)).reading();
        assertEquals(Duration.ofSeconds(7), reading.age());
        assertEquals(Instant.ofEpochSecond(1_000_003), reading.modified());
        assertEquals(clock.now, reading.at());
    }

    @Test
    void aFileOfTheFutureHasNoAge() {
        assertEquals(
                Duration.ZERO, ((Outcome.Read) printed("5\n9\n", 0)).reading().age());
    }

    @Test
    void noFileIsNoFault() {
        assertEquals(new Outcome.Read(Reading.noFile(clock.now)), printed("1000010\n", 0));
    }

    @ParameterizedTest
    @CsvSource({"'', 0", "'x\n', 0", "'1\n2\n3\n', 0", "'1\n', 1", "'1\n2\n', 126", "'99999999999999\n', 0"})
    void whatIsNotPrintedAsAskedForIsACommandThatFailed(String text, int code) {
        assertEquals(new Outcome.Failed(Fault.COMMAND), printed(text.replace("\\n", "\n"), code));
    }

    @Test
    void everyOtherFaultHasItsCause() {
        assertEquals(
                new Outcome.Failed(Fault.COMMAND),
                read(FakeProcesses.ending("", new Exit.Failed("exec: \"sh\": executable file not found in $PATH"))));
        assertEquals(
                new Outcome.Failed(Fault.CONNECTION),
                read(FakeProcesses.ending("", new Exit.Failed("the connection was lost"))));
        assertEquals(new Outcome.Failed(Fault.CONNECTION), read(Uni.createFrom().failure(new IOException("broken"))));
        assertEquals(
                new Outcome.Failed(Fault.REFUSED),
                read(Uni.createFrom().item(new Opening.Refused(Problem.of(ErrorCode.FORBIDDEN, "no")))));
        assertEquals(new Outcome.Failed(Fault.TIMEOUT), read(Uni.createFrom().nothing(), Duration.ofMillis(1)));
    }
}
