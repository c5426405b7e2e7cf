package io.clawpod.spawner.cluster;

import io.fabric8.kubernetes.client.http.WebSocket;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What goes to the API server over one connection, in the order in which it was asked for. No more than a little is handed
 * to the connection at a time: the rest waits here, and with it whoever awaits its Uni. Thread-safe.
 */
final class SocketInput {
    /** How many bytes the connection may hold that the network has not taken. */
    private static final long ROOM = 256 << 10;

    // The client tells how full the connection is, but not when it has room again.
    private static final long FIRST_LOOK_MILLIS = 1;
    private static final long LAST_LOOK_MILLIS = 64;

    private final ArrayDeque<Step> steps = new ArrayDeque<>();
    private @Nullable WebSocket socket;
    private @Nullable IOException end;
    private boolean busy;
    private long look = FIRST_LOOK_MILLIS;

    /** What is done when the connection has room. */
    private sealed interface Step {
        @SuppressWarnings("ArrayRecordComponent") // Never compared.
        record Send(byte[] message) implements Step {}

        record Tell(UniEmitter<? super Void> emitter) implements Step {}
    }

    /** The connection stands. */
    void open(WebSocket opened) {
        synchronized (this) {
            socket = opened;
        }
        work();
    }

    /** Completes when the messages were handed over and there is room for more. Nothing is sent before its subscription. */
    Uni<Void> send(List<byte[]> messages) {
        return Uni.createFrom().emitter(emitter -> {
            IOException ended;
            synchronized (this) {
                ended = end;
                if (ended == null) {
                    messages.forEach(message -> steps.add(new Step.Send(message)));
                    steps.add(new Step.Tell(emitter));
                }
            }
            if (ended != null) {
                emitter.fail(ended);
            } else {
                work();
            }
        });
    }

    /** Nothing more is sent; whoever waits is told so. The first end counts. */
    void end(IOException why) {
        List<UniEmitter<? super Void>> waiting = new ArrayList<>();
        synchronized (this) {
            if (end != null) {
                return;
            }
            end = why;
            for (Step step : steps) {
                if (step instanceof Step.Tell tell) {
                    waiting.add(tell.emitter());
                }
            }
            steps.clear();
        }
        waiting.forEach(emitter -> emitter.fail(why));
    }

    /** One thread at a time takes steps; others leave theirs to it. */
    private void work() {
        for (Step step = next(); step != null; step = next()) {
            if (step instanceof Step.Tell tell) {
                tell.emitter().complete(null);
            } else if (!hand(((Step.Send) step).message())) {
                end(new IOException("the connection is closed"));
            }
            rest();
        }
    }

    private synchronized @Nullable Step next() {
        if (busy || socket == null || steps.isEmpty()) {
            return null;
        }
        busy = true;
        if (socket.queueSize() > ROOM) {
            Uni.createFrom()
                    .voidItem()
                    .onItem()
                    .delayIt()
                    .by(Duration.ofMillis(look))
                    .subscribe()
                    .with(nothing -> lookAgain());
            look = Math.min(LAST_LOOK_MILLIS, look * 2);
            return null;
        }
        look = FIRST_LOOK_MILLIS;
        return steps.poll();
    }

    private void lookAgain() {
        rest();
        work();
    }

    private synchronized void rest() {
        busy = false;
    }

    private boolean hand(byte[] message) {
        WebSocket open;
        synchronized (this) {
            open = socket;
        }
        return open != null && open.send(ByteBuffer.wrap(message));
    }
}
