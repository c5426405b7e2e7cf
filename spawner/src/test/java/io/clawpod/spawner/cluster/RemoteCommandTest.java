package io.clawpod.spawner.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import com.fasterxml.jackson.core.type.TypeReference;
import io.clawpod.spawner.cluster.RemoteCommand.Message;
import io.clawpod.spawner.session.Processes.Attach;
import io.clawpod.spawner.session.Processes.Exec;
import io.clawpod.spawner.session.RemoteProcess.Exit;
import io.clawpod.spawner.session.RemoteProcess.Output;
import io.clawpod.spawner.testing.CaseFiles;
import io.clawpod.spawner.testing.SampleSessions;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RemoteCommandTest {
    private static Message read(String hex) {
        return RemoteCommand.read(ByteBuffer.wrap(HexFormat.of().parseHex(hex)));
    }

    @ParameterizedTest
    @CsvSource({"016869, false", "026869, true"})
    void outputIsToldFromErrors(String hex, boolean error) {
        Output output = assertInstanceOf(Message.Data.class, read(hex)).output();
        assertEquals(error, output.error());
        assertEquals("hi", new String(output.bytes(), StandardCharsets.US_ASCII));
    }

    @ParameterizedTest
    @ValueSource(strings = {"01", "02", "03"})
    void whatTellsThatTheConnectionStandsMeansNothingElse(String hex) {
        assertInstanceOf(Message.Nothing.class, read(hex));
    }

    @Test
    void theStatusEndsIt() {
        assertEquals(new Message.Ended("{}"), read("037b7d"));
    }

    @ParameterizedTest
    @CsvSource({
        "'', a message without a channel",
        "0068, a message on channel 0",
        "0468, a message on channel 4",
        "0768, a message on channel 7",
        "ff01, a message on channel 255"
    })
    void otherChannelsAreFaults(String hex, String what) {
        assertEquals(new Message.Fault(what), read(hex));
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 1", "65535, 1", "65536, 2", "200000, 4"})
    void inputIsCutIntoPieces(int length, int messages) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        List<byte[]> cut = RemoteCommand.input(bytes);
        assertEquals(messages, cut.size());
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (byte[] message : cut) {
            assertEquals(0, message[0]);
            joined.write(message, 1, message.length - 1);
        }
        assertArrayEquals(bytes, joined.toByteArray());
    }

    @Test
    void theEndOfInputNamesItsChannel() {
        assertEquals("ff00", HexFormat.of().formatHex(RemoteCommand.endOfInput()));
    }

    @Test
    void theWindowHasWidthAndHeight() {
        assertEquals(
                "\u0004{\"Width\":101,\"Height\":37}",
                new String(RemoteCommand.size(101, 37), StandardCharsets.US_ASCII));
    }

    @Test
    void aTargetNamesTheStreamsAndEveryWord() {
        var pod = SampleSessions.running("k", "u").pod();
        String below = "api/v1/namespaces/clawpod-agents/pods/" + pod.name();
        assertEquals(
                below + "/exec?container=agent&stdin=true&stdout=true&stderr=false&tty=true"
                        + "&command=echo&command=a+b%26tty%3Dfalse&command=",
                RemoteCommand.target(pod, new Exec(List.of("echo", "a b&tty=false", ""), true, true, true, true)));
        assertEquals(
                below + "/attach?container=agent&stdin=false&stdout=true&stderr=true&tty=false",
                RemoteCommand.target(pod, new Attach(false, true, true, false)));
    }

    record Ending(
            String json,
            @Nullable Integer code,
            @Nullable String failed,
            @Nullable Integer shell) {}

    @TestFactory
    Stream<DynamicTest> aStatusTellsHowItEnded() {
        KubernetesSerialization serialization = new KubernetesSerialization();
        return CaseFiles.table("remote-statuses.yaml", new TypeReference<List<Ending>>() {}).stream()
                .map(ending -> DynamicTest.dynamicTest(ending.json(), () -> {
                    Exit exit = ExitStatus.of(serialization.unmarshal(ending.json(), Status.class));
                    if (ending.code() != null) {
                        assertEquals(new Exit.Exited(ending.code()), exit);
                        return;
                    }
                    Exit.Failed failed = assertInstanceOf(Exit.Failed.class, exit);
                    assertEquals(ending.failed(), failed.message());
                    assertEquals(
                            ending.shell() == null ? OptionalInt.empty() : OptionalInt.of(ending.shell()),
                            failed.shellCode());
                }));
    }
}
