package io.clawpod.local.apiserver;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.concurrent.ExecutionException;

/** Writes a log to a client as it comes, from a thread of its own; each write waits until the connection took it. */
final class LogStream extends OutputStream {
    private final HttpServerResponse response;

    private LogStream(HttpServerResponse response) {
        this.response = response;
    }

    static void send(PodLogs.Reader reader, HttpServerResponse response) {
        response.putHeader("Content-Type", "text/plain").setChunked(true);
        Thread thread = new Thread(
                () -> {
                    try {
                        reader.copyTo(new LogStream(response));
                        response.end();
                    } catch (IOException e) {
                        // The client went away, or the log with its pod: a cut stream is the only thing left to tell
                        // it.
                        response.reset();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "pod-log");
        thread.setDaemon(true);
        response.closeHandler(closed -> thread.interrupt());
        response.writeHead();
        thread.start();
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        if (response.closed()) {
            throw new IOException("the reader of the log went away");
        }
        try {
            response.write(Buffer.buffer(length).appendBytes(bytes, offset, length))
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get();
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
    }
}
