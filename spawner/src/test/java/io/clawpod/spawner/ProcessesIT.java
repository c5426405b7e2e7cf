package io.clawpod.spawner;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.clawpod.common.ErrorCode;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.api.SpecForm;
import io.clawpod.spawner.cluster.ClusterSessions;
import io.clawpod.spawner.cluster.ClusterSettings;
import io.clawpod.spawner.plan.AgentEnv;
import io.clawpod.spawner.plan.Settings;
import io.clawpod.spawner.session.Admission;
import io.clawpod.spawner.session.Processes.Attach;
import io.clawpod.spawner.session.Processes.Exec;
import io.clawpod.spawner.session.Processes.Opening;
import io.clawpod.spawner.session.RemoteProcess;
import io.clawpod.spawner.session.RemoteProcess.Exit;
import io.clawpod.spawner.session.RemoteProcess.Output;
import io.clawpod.spawner.session.Resources;
import io.clawpod.spawner.session.SessionState;
import io.clawpod.spawner.session.User;
import io.clawpod.spawner.testing.Agents;
import io.clawpod.spawner.testing.PlanSettings;
import io.clawpod.spawner.testing.TestNamespace;
import io.clawpod.spawner.volume.VolumeRules;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import io.smallrye.mutiny.helpers.test.UniAssertSubscriber;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Streams into containers of a real cluster. */
class ProcessesIT {
    private static final Duration SOON = Duration.ofSeconds(40);
    private static final int PIECE = 100_000;
    private static final String SHELL = "shell";

    private static @Nullable TestNamespace namespace;
    private static @Nullable ClusterSessions sessions;

    @BeforeAll
    static void start() {
        assumeTrue(TestNamespace.isClusterNamed(), "KUBECONFIG names no cluster to test against");
        TestNamespace made = new TestNamespace("processes");
        namespace = made;
        ClusterSessions started = new ClusterSessions(made.client(), settings(made.name()), Clock.systemUTC(), "it");
        sessions = started;
        started.start();
        await().atMost(SOON).until(() -> {
            started.refresh();
            return started.faults().isEmpty();
        });
        admit(SHELL, "sleep 1000", Map.of());
        awaitState(SHELL, SessionState.RUNNING);
    }

    private static ClusterSettings settings(String namespace) {
        Settings plan = new Settings(
                namespace,
                "agent",
                "credential-proxy",
                3001,
                User.parse("1000:1000"),
                false,
                true,
                Set.of(),
                AgentEnv.NONE,
                "",
                "IfNotPresent",
                List.of(),
                null,
                null,
                false,
                Duration.ofSeconds(1),
                PlanSettings.DEFAULTS.life(),
                Resources.UNSET,
                Resources.UNSET,
                new VolumeRules(List.of()),
                null);
        return new ClusterSettings(
                plan,
                namespace,
                "credential-proxy",
                null,
                namespace,
                "spawner-signing-key",
                "clawpod-spawner",
                Duration.ofDays(1),
                Duration.ofDays(30));
    }

    @AfterAll
    static void stop() {
        if (sessions != null) {
            sessions.close();
        }
        if (namespace != null) {
            namespace.close();
        }
    }

    private static ClusterSessions sessions() {
        return Objects.requireNonNull(sessions);
    }

    private static SessionKey key(String name) {
        return SessionKey.of("it", name);
    }

    private static void admit(String name, String script, Map<String, Object> more) {
        try {
            Admission admission =
                    sessions().admit(key(name), SpecForm.read(new JsonMapper().readTree(Agents.spec(script, more))));
            assertInstanceOf(Admission.Created.class, admission);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static void awaitState(String name, SessionState state) {
        await().atMost(SOON).until(() -> {
            // Freshness is the refresh's, which the scheduler calls in a spawner.
            sessions().refresh();
            return Objects.requireNonNull(sessions().find(key(name))).state() == state;
        });
    }

    private static <T> T now(Uni<T> uni) {
        sessions().refresh();
        return uni.await().atMost(SOON);
    }

    private static RemoteProcess exec(boolean stdin, boolean tty, String... command) {
        Opening opening =
                now(sessions().processes().exec(key(SHELL), new Exec(List.of(command), stdin, true, true, tty)));
        return assertInstanceOf(Opening.Opened.class, opening).process();
    }

    private static String text(RemoteProcess process, Predicate<Output> which) {
        return new String(bytes(process.output().select().where(which)), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(Multi<Output> output) {
        return output.collect()
                .in(ByteArrayOutputStream::new, (all, piece) -> all.writeBytes(piece.bytes()))
                .await()
                .atMost(SOON)
                .toByteArray();
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(1).nextBytes(bytes);
        return bytes;
    }

    /** Writes all, piece after piece, then ends the input. */
    private static Uni<Void> feed(RemoteProcess process, byte[] bytes) {
        return Multi.createFrom()
                .range(0, (bytes.length + PIECE - 1) / PIECE)
                .onItem()
                .transformToUniAndConcatenate(number -> process.write(
                        Arrays.copyOfRange(bytes, number * PIECE, Math.min(bytes.length, (number + 1) * PIECE))))
                .collect()
                .last()
                .chain(process::closeInput);
    }

    // --- exec ---

    @Test
    void whatIsWrittenComesBackAndEndsWithTheInput() {
        byte[] sent = random(10_000_001);
        RemoteProcess cat = exec(true, false, "cat");
        UniAssertSubscriber<Void> fed = feed(cat, sent).subscribe().withSubscriber(UniAssertSubscriber.create());
        assertArrayEquals(sent, bytes(cat.output()));
        fed.awaitItem(SOON);
        assertEquals(new Exit.Exited(0), now(cat.exit()));
    }

    @ParameterizedTest
    @CsvSource({"exit 0, 0", "exit 3, 3", "kill -9 $$, 137", "kill -TERM $$, 143"})
    void theExitCodeIsTold(String script, int code) {
        RemoteProcess process = exec(false, false, "bash", "-c", script);
        assertEquals("", text(process, output -> true));
        assertEquals(new Exit.Exited(code), now(process.exit()));
    }

    @ParameterizedTest
    @CsvSource({"no-such-command, 127", "/no/such/file, 127", "/etc/passwd, 126", "/etc, 126"})
    void aCommandThatCannotBeStartedSaysWhichWay(String command, int code) {
        RemoteProcess process = exec(false, false, command);
        assertEquals("", text(process, output -> true));
        Exit.Failed failed = assertInstanceOf(Exit.Failed.class, now(process.exit()));
        assertEquals(OptionalInt.of(code), failed.shellCode(), failed.message());
    }

    @Test
    void standardErrorIsToldApart() {
        String script = "echo out; echo err >&2";
        assertEquals("out\n", text(exec(false, false, "bash", "-c", script), output -> !output.error()));
        assertEquals("err\n", text(exec(false, false, "bash", "-c", script), Output::error));
    }

    @Test
    void wordsReachTheCommandAsTheyAre() {
        RemoteProcess process = exec(false, false, "printf", "%s|", "a b", "&tty=true", "+%20", "ü\n", "");
        assertEquals("a b|&tty=true|+%20|ü\n||", text(process, output -> true));
    }

    @Test
    void aTerminalHasTheSizeOfTheWindow() {
        RemoteProcess process = exec(
                true,
                true,
                "bash",
                "-c",
                "until [ \"$(stty size)\" = '37 101' ]; do sleep 0.05; done; [ -t 0 ] && echo fits");
        now(process.resize(101, 37));
        assertEquals("fits\r\n", text(process, output -> true));
        assertEquals(new Exit.Exited(0), now(process.exit()));
    }

    @Test
    void aSlowReaderHoldsUpTheProcessAndLosesNothing() {
        int megabytes = 128;
        RemoteProcess process = exec(
                false,
                false,
                "bash",
                "-c",
                "for i in {1.." + megabytes + "}; do head -c 1048576 /dev/zero; echo $i > /tmp/progress; done");
        AssertSubscriber<Output> reader = process.output().subscribe().withSubscriber(AssertSubscriber.create(1));
        reader.awaitItems(1, SOON);
        // It gets no further: what lies between here and there is full.
        String[] last = {""};
        await().atMost(SOON).pollInterval(Duration.ofSeconds(1)).until(() -> {
            String before = last[0];
            last[0] = text(exec(false, false, "cat", "/tmp/progress"), output -> true);
            return !last[0].isEmpty() && last[0].equals(before);
        });
        assertTrue(Integer.parseInt(last[0].strip()) < megabytes / 2, last[0]);
        assertEquals(1, reader.getItems().size());
        reader.request(Long.MAX_VALUE).awaitCompletion(SOON);
        assertEquals(
                (long) megabytes << 20,
                reader.getItems().stream()
                        .mapToLong(piece -> piece.bytes().length)
                        .sum());
        assertEquals(new Exit.Exited(0), now(process.exit()));
    }

    @Test
    void cancellingEndsTheInput() {
        RemoteProcess process = exec(true, false, "bash", "-c", "echo ready; cat; touch /tmp/over");
        AssertSubscriber<Output> reader = process.output().subscribe().withSubscriber(AssertSubscriber.create(5));
        reader.awaitItems(1, SOON).cancel();
        assertInstanceOf(Exit.Failed.class, now(process.exit()));
        await().atMost(SOON).until(() -> new Exit.Exited(0).equals(now(exitOf("test", "-e", "/tmp/over"))));
    }

    private static Uni<Exit> exitOf(String... command) {
        RemoteProcess process = exec(false, false, command);
        bytes(process.output());
        return process.exit();
    }

    // --- attach ---

    private static RemoteProcess attach(String name) {
        Opening opening = now(sessions().processes().attach(key(name), new Attach(true, true, true, false)));
        return assertInstanceOf(Opening.Opened.class, opening).process();
    }

    @Test
    void anAgentThatRunsReadsItsInputToItsEnd() {
        admit("reader", "wc -c; exit 5", Map.of("stdin", true));
        awaitState("reader", SessionState.RUNNING);
        RemoteProcess agent = attach("reader");
        feed(agent, random(3_000_000)).subscribe().with(nothing -> {});
        assertEquals("3000000\n", text(agent, output -> true));
        assertNotNull(now(agent.exit()));
        awaitState("reader", SessionState.ENDED);
        assertEquals(5, Objects.requireNonNull(sessions().find(key("reader"))).exitCode());
    }

    @Test
    void attachingWaitsForTheAgentToStart() {
        admit("early", "wc -c", Map.of("stdin", true));
        Uni<Opening> opening = sessions().processes().attach(key("early"), new Attach(true, true, true, false));
        assertEquals(
                SessionState.PENDING,
                Objects.requireNonNull(sessions().find(key("early"))).state());
        RemoteProcess agent =
                assertInstanceOf(Opening.Opened.class, now(opening)).process();
        feed(agent, random(1000)).subscribe().with(nothing -> {});
        assertEquals(
                "1000\n", text(agent, output -> true), () -> now(agent.exit()).toString());
    }

    @Test
    void attachingEndsWithASessionThatNeverStarts() {
        // No node has so much.
        admit("never", "true", Map.of("resources", Map.of("cpu", "1000")));
        UniAssertSubscriber<Opening> opening = sessions()
                .processes()
                .attach(key("never"), new Attach(false, true, true, false))
                .subscribe()
                .withSubscriber(UniAssertSubscriber.create());
        awaitState("never", SessionState.PENDING);
        opening.assertNotTerminated();
        sessions().stop(key("never"), Duration.ZERO);
        Opening refused = opening.awaitItem(SOON).getItem();
        assertInstanceOf(Opening.Refused.class, refused);
    }

    // --- refusals ---

    private static ErrorCode refused(Uni<Opening> opening) {
        return assertInstanceOf(Opening.Refused.class, now(opening)).problem().code();
    }

    @Test
    void whatDoesNotRunIsRefused() {
        Exec exec = new Exec(List.of("true"), false, true, true, false);
        Attach attach = new Attach(false, true, true, false);
        assertEquals(ErrorCode.SESSION_NOT_FOUND, refused(sessions().processes().exec(key("none"), exec)));
        assertEquals(ErrorCode.SESSION_NOT_FOUND, refused(sessions().processes().attach(key("none"), attach)));
        admit("short", "true", Map.of());
        assertEquals(
                ErrorCode.SESSION_NOT_RUNNING, refused(sessions().processes().exec(key("short"), exec)));
        awaitState("short", SessionState.ENDED);
        assertEquals(
                ErrorCode.SESSION_NOT_RUNNING, refused(sessions().processes().exec(key("short"), exec)));
        assertEquals(
                ErrorCode.SESSION_NOT_RUNNING, refused(sessions().processes().attach(key("short"), attach)));
    }
}
