package io.clawpod.spawner.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.type.TypeReference;
import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Processes.Attach;
import io.clawpod.spawner.session.Processes.Exec;
import io.clawpod.spawner.session.Processes.Opening;
import io.clawpod.spawner.session.RemoteProcess;
import io.clawpod.spawner.session.RemoteProcess.Exit;
import io.clawpod.spawner.session.RemoteProcess.HalfCloseUnsupported;
import io.clawpod.spawner.session.RemoteProcess.Output;
import io.clawpod.spawner.testing.CaseFiles;
import io.clawpod.spawner.testing.SampleSessions;
import io.clawpod.spawner.testing.StreamServer;
import io.clawpod.spawner.testing.StreamServer.Answer;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import io.smallrye.mutiny.helpers.test.UniAssertSubscriber;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.impl.WebSocketInternal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Streams over an API server that may do anything. */
final class ClusterProcessesTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final SessionKey KEY = SessionKey.of("i", "k");
    private static final Exec CAT = new Exec(List.of("cat"), true, true, true, false);
    private static final Attach ATTACH = new Attach(true, true, true, false);
    private static final String EXIT_3 =
            "{\"status\":\"Failure\",\"reason\":\"NonZeroExitCode\",\"details\":{\"causes\":"
                    + "[{\"reason\":\"ExitCode\",\"message\":\"3\"}]}}";
    private static final String SUCCESS = "{\"status\":\"Success\"}";

    private final StreamServer server = new StreamServer(RemoteCommand.V5);
    private final KubernetesClient client = server.client();
    private final SessionStore store = new SessionStore("e");
    private final ClusterProcesses processes = new ClusterProcesses(client, store, Optional::empty);

    @AfterEach
    void close() {
        client.close();
        server.close();
    }

    private RemoteProcess cat() {
        return cat(processes);
    }

    private RemoteProcess cat(ClusterProcesses from) {
        store.put(SampleSessions.running("k", "u"));
        Opening opening = from.exec(KEY, CAT).await().atMost(SOON);
        return assertInstanceOf(Opening.Opened.class, opening).process();
    }

    private static Exit exit(RemoteProcess process) {
        return process.exit().await().atMost(SOON);
    }

    private static void send(ServerWebSocket socket, int channel, String text) {
        socket.writeBinaryMessage(Buffer.buffer().appendByte((byte) channel).appendString(text));
    }

    // --- how a stream ends ---

    @TestFactory
    Stream<DynamicTest> aBrokenStreamFailsAfterWhatCameBefore() {
        Map<String, Consumer<ServerWebSocket>> ends = Map.of(
                "sent a message on channel 7", socket -> send(socket, 7, "x"),
                "sent a message without a channel", socket -> socket.writeBinaryMessage(Buffer.buffer()),
                "sent text on a binary protocol", socket -> socket.writeTextMessage("x"),
                "sent a status that cannot be read", socket -> send(socket, 3, "{\"kind\":\"List\"}"),
                "sent a status", socket -> send(socket, 3, "not JSON"),
                "was lost", ServerWebSocket::close);
        return ends.entrySet().stream()
                .map(end -> DynamicTest.dynamicTest(end.getKey(), () -> {
                    server.onStream(socket -> {
                        send(socket, 1, "before");
                        end.getValue().accept(socket);
                    });
                    RemoteProcess process = cat();
                    AssertSubscriber<Output> reader =
                            process.output().subscribe().withSubscriber(AssertSubscriber.create(1));
                    reader.awaitFailure(SOON);
                    assertEquals(
                            List.of("before"),
                            reader.getItems().stream()
                                    .map(piece -> new String(piece.bytes(), StandardCharsets.UTF_8))
                                    .toList());
                    Exit.Failed failed = assertInstanceOf(Exit.Failed.class, exit(process));
                    assertTrue(failed.message().contains(end.getKey()), failed.message());
                    process.write(new byte[1])
                            .subscribe()
                            .withSubscriber(UniAssertSubscriber.create())
                            .awaitFailure(SOON)
                            .assertFailedWith(IOException.class);
                }));
    }

    @Test
    void aConnectionThatBreaksFailsTheStream() {
        server.onStream(socket -> {
            send(socket, 1, "before");
            // No closing handshake.
            socket.binaryMessageHandler(message -> {
                var unused =
                        ((WebSocketInternal) socket).channelHandlerContext().close();
            });
        });
        RemoteProcess process = cat();
        AssertSubscriber<Output> reader = process.output().subscribe().withSubscriber(AssertSubscriber.create(5));
        reader.awaitItems(1, SOON);
        process.write(new byte[1]).subscribe().with(nothing -> {}, failure -> {});
        reader.awaitFailure(SOON).assertFailedWith(IOException.class);
        assertInstanceOf(Exit.Failed.class, exit(process));
    }

    @Test
    void theFirstStatusCounts() {
        server.onStream(socket -> {
            send(socket, 1, "");
            send(socket, 3, EXIT_3);
            send(socket, 3, SUCCESS);
            send(socket, 1, "late");
        });
        RemoteProcess process = cat();
        process.output()
                .subscribe()
                .withSubscriber(AssertSubscriber.create(5))
                .awaitCompletion(SOON)
                .assertHasNotReceivedAnyItem();
        assertEquals(new Exit.Exited(3), exit(process));
        assertEquals(new Exit.Exited(3), exit(process));
    }

    @Test
    void theEndIsSeenByAReaderThatAsksForNoMore() {
        server.onStream(socket -> {
            send(socket, 1, "one");
            send(socket, 2, "two");
            send(socket, 3, SUCCESS);
        });
        RemoteProcess process = cat();
        AssertSubscriber<Output> reader = process.output().subscribe().withSubscriber(AssertSubscriber.create(2));
        reader.awaitCompletion(SOON);
        assertEquals(
                List.of(false, true),
                reader.getItems().stream().map(Output::error).toList());
        assertEquals(new Exit.Exited(0), exit(process));
    }

    @Test
    void lettingGoClosesTheConnection() {
        CompletableFuture<Short> closed = new CompletableFuture<>();
        server.onStream(socket -> socket.closeHandler(nothing -> closed.complete(socket.closeStatusCode())));
        RemoteProcess process = cat();
        process.close();
        process.close();
        assertEquals((short) 1000, closed.orTimeout(20, TimeUnit.SECONDS).join());
        assertInstanceOf(Exit.Failed.class, exit(process));
        process.output()
                .subscribe()
                .withSubscriber(AssertSubscriber.create(1))
                .awaitFailure(SOON)
                .assertFailedWith(IOException.class);
    }

    // --- input ---

    @Test
    void inputArrivesInOrderAndItsEndBehindIt() {
        ByteArrayOutputStream got = new ByteArrayOutputStream();
        server.onStream(socket -> socket.binaryMessageHandler(message -> {
            byte[] bytes = message.getBytes();
            if (bytes[0] == 0) {
                got.write(bytes, 1, bytes.length - 1);
            } else if (bytes[0] == (byte) 255 && bytes[1] == 0) {
                send(socket, 3, SUCCESS);
            }
        }));
        byte[] sent = new byte[3_000_001];
        new Random(1).nextBytes(sent);
        RemoteProcess process = cat();
        // Not awaited in between: the order of calls is kept.
        process.write(sent).subscribe().with(nothing -> {});
        process.write(new byte[] {7}).subscribe().with(nothing -> {});
        process.closeInput().await().atMost(SOON);
        process.closeInput().await().atMost(SOON);
        process.write(sent)
                .subscribe()
                .withSubscriber(UniAssertSubscriber.create())
                .awaitFailure(SOON);
        process.output().subscribe().withSubscriber(AssertSubscriber.create(1)).awaitCompletion(SOON);
        byte[] expected = Arrays.copyOf(sent, sent.length + 1);
        expected[sent.length] = 7;
        assertArrayEquals(expected, got.toByteArray());
    }

    @Test
    void aPeerThatDoesNotReadHoldsUpTheWriter() {
        server.onStream(ServerWebSocket::pause);
        RemoteProcess process = cat();
        AtomicInteger written = new AtomicInteger();
        int all = 200;
        UniAssertSubscriber<Void> writer = Multi.createFrom()
                .range(0, all)
                .onItem()
                .transformToUniAndConcatenate(
                        number -> process.write(new byte[1 << 20]).invoke(written::incrementAndGet))
                .collect()
                .last()
                .subscribe()
                .withSubscriber(UniAssertSubscriber.create());
        process.close();
        writer.awaitFailure(SOON).assertFailedWith(IOException.class);
        assertTrue(written.get() < all, () -> written + " MiB were taken");
    }

    @Test
    void inputThatWasNotAskedForIsRefused() {
        store.put(SampleSessions.running("k", "u"));
        Opening opening = processes
                .exec(KEY, new Exec(List.of("true"), false, true, true, false))
                .await()
                .atMost(SOON);
        RemoteProcess process = assertInstanceOf(Opening.Opened.class, opening).process();
        for (Uni<Void> attempt : List.of(process.write(new byte[1]), process.closeInput())) {
            attempt.subscribe()
                    .withSubscriber(UniAssertSubscriber.create())
                    .awaitFailure(SOON)
                    .assertFailedWith(IOException.class, "standard input was not asked for");
        }
        process.close();
    }

    // --- versions ---

    @TestFactory
    Stream<DynamicTest> anOlderServerIsSpokenToAsIs() {
        return Stream.of(Optional.of(new Answer(403, "")), Optional.<Answer>empty())
                .map(refusal -> DynamicTest.dynamicTest(refusal.toString(), () -> {
                    try (StreamServer old = new StreamServer(RemoteCommand.V4);
                            KubernetesClient its = old.client()) {
                        old.onUpgrade(request -> RemoteCommand.V5.equals(request.getHeader("Sec-WebSocket-Protocol"))
                                ? refusal
                                : Optional.empty());
                        CompletableFuture<String> got = new CompletableFuture<>();
                        old.onStream(socket ->
                                socket.binaryMessageHandler(message -> got.complete(message.getString(1, 3))));
                        RemoteProcess process = cat(new ClusterProcesses(its, store, Optional::empty));
                        process.write(new byte[] {'h', 'i'}).await().atMost(SOON);
                        assertEquals("hi", got.join());
                        process.closeInput()
                                .subscribe()
                                .withSubscriber(UniAssertSubscriber.create())
                                .awaitFailure(SOON)
                                .assertFailedWith(HalfCloseUnsupported.class);
                        process.close();
                    }
                }));
    }

    // --- refusals ---

    record Refused(int status, String body, ErrorCode code, String says) {}

    @TestFactory
    Stream<DynamicTest> aRefusedUpgradeBecomesAProblem() {
        store.put(SampleSessions.running("k", "u"));
        return CaseFiles.table("remote-refusals.yaml", new TypeReference<List<Refused>>() {}).stream()
                .map(refused -> DynamicTest.dynamicTest(refused.status() + " " + refused.body(), () -> {
                    server.onUpgrade(request -> Optional.of(new Answer(refused.status(), refused.body())));
                    for (Uni<Opening> attempt : List.of(processes.exec(KEY, CAT), processes.attach(KEY, ATTACH))) {
                        Problem problem = problem(attempt);
                        assertEquals(refused.code(), problem.code());
                        assertTrue(problem.detail().contains(refused.says()), problem.detail());
                        assertFalse(problem.detail().contains("secret words"), problem.detail());
                    }
                }));
    }

    private static Problem problem(Uni<Opening> attempt) {
        return assertInstanceOf(Opening.Refused.class, attempt.await().atMost(SOON))
                .problem();
    }

    @Test
    void aServerThatIsNotThereIsUnavailable() {
        store.put(SampleSessions.running("k", "u"));
        server.close();
        assertEquals(
                ErrorCode.CLUSTER_UNAVAILABLE, problem(processes.exec(KEY, CAT)).code());
    }

    @Test
    void withoutAFreshWatchNothingIsOpened() throws InterruptedException {
        store.put(SampleSessions.running("k", "u"));
        Problem stale = Problem.of(ErrorCode.NOT_READY, "the watch does not stand");
        AtomicReference<Optional<Problem>> staleness = new AtomicReference<>(Optional.of(stale));
        CountDownLatch looks = new CountDownLatch(4);
        ClusterProcesses blind = new ClusterProcesses(client, store, () -> {
            looks.countDown();
            return staleness.get();
        });
        assertEquals(stale, problem(blind.exec(KEY, CAT)));
        UniAssertSubscriber<Opening> attaching =
                blind.attach(KEY, ATTACH).subscribe().withSubscriber(UniAssertSubscriber.create());
        assertTrue(looks.await(20, TimeUnit.SECONDS));
        attaching.assertNotTerminated();
        assertEquals(List.of(), server.asked());
        staleness.set(Optional.empty());
        assertInstanceOf(Opening.Opened.class, attaching.awaitItem(SOON).getItem())
                .process()
                .close();
    }

    // --- pending ---

    @Test
    void attachingIsTriedUntilTheContainerRuns() {
        store.put(SampleSessions.scheduled("k", "u"));
        try (StreamServer both = new StreamServer(RemoteCommand.V5, RemoteCommand.V4);
                KubernetesClient its = both.client()) {
            both.onUpgrade(request -> both.asked().size() < 4
                    ? Optional.of(new Answer(500, "container agent not found in pod k"))
                    : Optional.empty());
            ClusterProcesses patient = new ClusterProcesses(its, store, Optional::empty);
            Opening opening = patient.attach(KEY, ATTACH).await().atMost(SOON);
            assertInstanceOf(Opening.Opened.class, opening).process().close();
            // Looked at by what leaves its input alone; attached to once.
            assertEquals(
                    List.of("exec", "exec", "exec", "exec", "attach"),
                    both.asked().stream()
                            .map(path -> path.substring(path.lastIndexOf('/') + 1))
                            .toList());
        }
    }

    @Test
    void attachingEndsWithTheSession() {
        store.put(SampleSessions.scheduled("k", "u"));
        server.onUpgrade(request -> {
            store.remove("u", null);
            return Optional.of(new Answer(500, "container agent not found in pod k"));
        });
        assertEquals(
                ErrorCode.SESSION_NOT_FOUND,
                problem(processes.attach(KEY, ATTACH)).code());
    }

    @Test
    void attachingWithoutTheRightIsNotTriedAgain() {
        store.put(SampleSessions.scheduled("k", "u"));
        server.onUpgrade(request -> Optional.of(new Answer(
                403,
                "{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"User cannot get resource pods/exec\"}")));
        assertEquals(ErrorCode.NOT_READY, problem(processes.attach(KEY, ATTACH)).code());
        assertEquals(1, server.asked().size());
    }

    @Test
    void aSessionThatIsPendingRunsNoCommand() {
        store.put(SampleSessions.scheduled("k", "u"));
        assertEquals(
                ErrorCode.SESSION_NOT_RUNNING, problem(processes.exec(KEY, CAT)).code());
        assertEquals(List.of(), server.asked());
    }
}
