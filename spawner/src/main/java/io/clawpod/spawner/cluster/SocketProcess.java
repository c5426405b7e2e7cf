package io.clawpod.spawner.cluster;

import io.clawpod.spawner.cluster.RemoteCommand.Message;
import io.clawpod.spawner.session.RemoteProcess;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.http.WebSocket;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A process at the other end of one WebSocket. Of its output one piece is read ahead of the reader, since the Status that
 * ends it comes behind the last piece and the reader may not ask for more than it needs.
 */
final class SocketProcess implements RemoteProcess, WebSocket.Listener {
    private static final int NORMAL_CLOSURE = 1000; // RFC 6455 section 7.4.1

    private final boolean stdin;
    private final boolean tty;
    private final boolean halfClose;
    private final Function<String, @Nullable Status> statuses;

    private final OutputQueue<Output> taken = new OutputQueue<>(new ConcurrentLinkedQueue<>());
    private final AtomicLong credit = new AtomicLong(1);
    private final AtomicReference<@Nullable Exit> ending = new AtomicReference<>();
    private final CompletableFuture<Exit> exit = new CompletableFuture<>();
    private final AtomicBoolean inputClosed = new AtomicBoolean();
    private final SocketInput input = new SocketInput();
    private volatile @Nullable WebSocket socket;
    private volatile boolean cancelled;

    /**
     * @param stdin whether standard input was asked for
     * @param tty whether it has a terminal
     * @param protocol the one that was agreed on
     * @param statuses reads a Status from JSON; null if it is none
     */
    SocketProcess(boolean stdin, boolean tty, String protocol, Function<String, @Nullable Status> statuses) {
        this.stdin = stdin;
        this.tty = tty;
        this.halfClose = protocol.equals(RemoteCommand.V5);
        this.statuses = statuses;
    }

    @Override
    public Multi<Output> output() {
        return taken.onRequest()
                .invoke(this::want)
                .onCancellation()
                .invoke(() -> {
                    // Nobody is left to be told.
                    cancelled = true;
                    close();
                })
                .onTermination()
                .invoke(() -> {
                    Exit ended = ending.get();
                    if (ended != null) {
                        exit.complete(ended);
                    }
                });
    }

    @Override
    public Uni<Void> write(byte[] bytes) {
        return Uni.createFrom().deferred(() -> {
            if (!stdin) {
                return failure("standard input was not asked for");
            }
            return inputClosed.get()
                    ? failure("standard input has been ended")
                    : input.send(RemoteCommand.input(bytes));
        });
    }

    @Override
    public Uni<Void> closeInput() {
        return Uni.createFrom().deferred(() -> {
            if (!stdin) {
                return failure("standard input was not asked for");
            }
            if (!halfClose) {
                return Uni.createFrom().failure(new HalfCloseUnsupported());
            }
            return inputClosed.getAndSet(true)
                    ? Uni.createFrom().voidItem()
                    : input.send(List.of(RemoteCommand.endOfInput()));
        });
    }

    @Override
    public Uni<Void> resize(int columns, int rows) {
        if (columns < 1 || columns > 0xffff || rows < 1 || rows > 0xffff) {
            throw new IllegalArgumentException("a window of " + columns + " by " + rows);
        }
        return tty
                ? input.send(List.of(RemoteCommand.size(columns, rows)))
                : Uni.createFrom().voidItem();
    }

    private static Uni<Void> failure(String why) {
        return Uni.createFrom().failure(new IOException(why));
    }

    @Override
    public Uni<Exit> exit() {
        // A copy each: whoever cancels one leaves the others.
        return Uni.createFrom().completionStage(exit::copy);
    }

    @Override
    public void close() {
        end(new Exit.Failed("it was let go of before it ended"), new IOException("the process was let go of"));
        Exit ended = ending.get();
        if (ended != null) {
            // There may be no reader that takes the output to its end.
            exit.complete(ended);
        }
    }

    private void end(Exit how, @Nullable IOException broken) {
        if (!ending.compareAndSet(null, how)) {
            return;
        }
        input.end(broken == null ? new IOException("the process has ended") : broken);
        if (!cancelled) {
            taken.end(broken);
        }
        WebSocket open = socket;
        if (open != null) {
            open.sendClose(NORMAL_CLOSURE, "");
        }
    }

    private void want(long count) {
        long before = credit.getAndUpdate(open -> open + count < 0 ? Long.MAX_VALUE : open + count);
        WebSocket open = socket;
        if (before == 0 && open != null) {
            open.request();
        }
    }

    @Override
    public void onOpen(WebSocket opened) {
        socket = opened;
        if (ending.get() != null) {
            opened.sendClose(NORMAL_CLOSURE, "");
            return;
        }
        input.open(opened);
    }

    @Override
    public void onMessage(WebSocket from, ByteBuffer bytes) {
        if (ending.get() != null) {
            // The API server's own closing comes behind what it has sent already.
            from.request();
            return;
        }
        Message message = RemoteCommand.read(bytes);
        if (message instanceof Message.Data data) {
            taken.put(data.output());
            long left = credit.updateAndGet(open -> open == Long.MAX_VALUE ? open : open - 1);
            if (left > 0) {
                from.request();
            }
        } else if (message instanceof Message.Ended ended) {
            Status status = statuses.apply(ended.json());
            if (status == null) {
                broken("sent a status that cannot be read");
            } else {
                end(ExitStatus.of(status), null);
            }
        } else if (message instanceof Message.Fault fault) {
            broken("sent " + fault.what());
        } else {
            from.request();
        }
    }

    @Override
    public void onMessage(WebSocket from, String text) {
        broken("sent text on a binary protocol");
    }

    private void broken(String what) {
        end(new Exit.Failed("the API server " + what), new ProtocolException("the API server " + what));
    }

    @Override
    public void onClose(WebSocket closed, int code, String reason) {
        lost();
    }

    @Override
    public void onError(WebSocket broken, Throwable failure) {
        lost();
    }

    private void lost() {
        String what = "the connection to the API server was lost before the process had ended";
        end(new Exit.Failed(what), new IOException(what));
    }
}
