package io.clawpod.spawner.docker.engine;

import io.clawpod.spawner.session.RemoteProcess;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/** Carries what a client types to a process's standard input, no faster than the process takes it. */
final class Input {
    private Input() {}

    /**
     * @param keys the sequence by which the client lets go; null for none
     * @param detached runs when the client has typed it
     */
    static void pump(Wire wire, RemoteProcess process, @Nullable DetachKeys keys, Runnable detached) {
        wire.read(
                bytes -> {
                    Buffer typed = keys == null ? bytes : keys.filter(bytes);
                    if (typed == null) {
                        detached.run();
                        return;
                    }
                    wire.pause();
                    process.write(typed.getBytes())
                            .subscribe()
                            // A process that takes no more has ended: its output, or its end, is still to come.
                            .with(written -> wire.resume(), closed -> wire.resume());
                },
                () -> process.closeInput().subscribe().with(closed -> {}, unsupported -> {
                    // Without a half-close the end of the connection ends an agent's standard input, which is open
                    // once.
                    if (unsupported instanceof RemoteProcess.HalfCloseUnsupported) {
                        process.close();
                    }
                }));
    }
}
