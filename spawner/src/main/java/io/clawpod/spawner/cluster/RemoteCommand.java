package io.clawpod.spawner.cluster;

import io.clawpod.spawner.plan.Planner;
import io.clawpod.spawner.session.Processes.Attach;
import io.clawpod.spawner.session.Processes.Exec;
import io.clawpod.spawner.session.RemoteProcess.Output;
import io.clawpod.spawner.session.Session;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The messages of Kubernetes' remote-command protocol over WebSocket: each is binary, and its first byte names a channel
 * (k8s.io/apimachinery/pkg/util/remotecommand; version 5 is of KEP-4006). Pure.
 */
final class RemoteCommand {
    /** As version 4, and standard input can be ended alone. */
    static final String V5 = "v5.channel.k8s.io";

    static final String V4 = "v4.channel.k8s.io";

    /** The largest piece of input: with its channel a message has 64 KiB, which every WebSocket server takes as one frame. */
    static final int LARGEST_INPUT = (64 << 10) - 1;

    private static final int STDIN = 0;
    private static final int STDOUT = 1;
    private static final int STDERR = 2;
    private static final int STATUS = 3;
    private static final int RESIZE = 4;
    private static final int CLOSE = 255;

    private RemoteCommand() {}

    /** What a message from the API server is. */
    sealed interface Message {
        record Data(Output output) implements Message {}

        /** @param json a Kubernetes Status; the last message that means anything */
        record Ended(String json) implements Message {}

        /** Without meaning for a reader: what the API server sends first, to tell that the connection stands. */
        record Nothing() implements Message {}

        /** Not of the protocol. */
        record Fault(String what) implements Message {}
    }

    /** @param message from its position to its limit; not kept */
    static Message read(ByteBuffer message) {
        if (!message.hasRemaining()) {
            return new Message.Fault("a message without a channel");
        }
        int channel = Byte.toUnsignedInt(message.get());
        byte[] bytes = new byte[message.remaining()];
        message.get(bytes);
        return switch (channel) {
            case STDOUT, STDERR ->
                bytes.length == 0 ? new Message.Nothing() : new Message.Data(new Output(channel == STDERR, bytes));
            case STATUS ->
                bytes.length == 0
                        ? new Message.Nothing()
                        : new Message.Ended(new String(bytes, StandardCharsets.UTF_8));
            default -> new Message.Fault("a message on channel " + channel);
        };
    }

    /** The messages that carry {@code bytes} to standard input; none for none. */
    static List<byte[]> input(byte[] bytes) {
        List<byte[]> messages = new ArrayList<>();
        for (int from = 0; from < bytes.length; from += LARGEST_INPUT) {
            messages.add(message(STDIN, Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + LARGEST_INPUT))));
        }
        return messages;
    }

    /** The end of standard input; version 5 only. */
    static byte[] endOfInput() {
        return message(CLOSE, new byte[] {STDIN});
    }

    static byte[] size(int columns, int rows) {
        String size = "{\"Width\":" + columns + ",\"Height\":" + rows + "}";
        return message(RESIZE, size.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] message(int channel, byte[] bytes) {
        byte[] message = new byte[bytes.length + 1];
        message[0] = (byte) channel;
        System.arraycopy(bytes, 0, message, 1, bytes.length);
        return message;
    }

    /** The request target below the API server's own URL (Kubernetes API reference, Pod v1 core, misc operations). */
    static String target(Session.PodRef pod, Exec exec) {
        StringBuilder target = target(pod, "exec", exec.stdin(), exec.stdout(), exec.stderr(), exec.tty());
        exec.command()
                .forEach(word -> target.append("&command=").append(URLEncoder.encode(word, StandardCharsets.UTF_8)));
        return target.toString();
    }

    static String target(Session.PodRef pod, Attach attach) {
        return target(pod, "attach", attach.stdin(), attach.stdout(), attach.stderr(), attach.tty())
                .toString();
    }

    private static StringBuilder target(
            Session.PodRef pod, String what, boolean stdin, boolean stdout, boolean stderr, boolean tty) {
        return new StringBuilder("api/v1/namespaces/")
                .append(pod.namespace())
                .append("/pods/")
                .append(pod.name())
                .append('/')
                .append(what)
                .append("?container=")
                .append(Planner.CONTAINER)
                .append("&stdin=")
                .append(stdin)
                .append("&stdout=")
                .append(stdout)
                .append("&stderr=")
                // With a terminal there is no stream of errors, and the API server refuses one who asks for it.
                .append(stderr && !tty)
                .append("&tty=")
                .append(tty);
    }
}
