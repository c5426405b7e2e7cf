package io.clawpod.proxy.exchange;

import io.clawpod.proxy.scrub.Inflation;
import io.clawpod.proxy.scrub.Scrub;
import io.clawpod.proxy.scrub.Undecodable;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import org.jspecify.annotations.Nullable;

/**
 * Carries an answer's body to the client: decoded, its token usage read, scrubbed. What is in flight is one write queue, one
 * chunk of the upstream's and what the scrub holds back: a full queue pauses the source, also in the middle of a chunk that
 * swells as it is decoded. Confined to one event loop.
 */
final class AnswerBody {
    private final HttpClientResponse from;
    private final @Nullable Inflation inflation;
    private final @Nullable TokenUsage usage;
    private final Scrub scrub;
    private final Silence silence;
    private final Sink to;
    private boolean stopped;

    /** Where the clean body goes. Exactly one of {@code end} and {@code failed} is called, unless it is stopped before. */
    interface Sink {
        void write(Buffer piece);

        /** Whether to write no more until {@link #whenDrained} has run its argument. */
        boolean full();

        void whenDrained(Runnable goOn);

        void end();

        void failed(Throwable cause);
    }

    AnswerBody(
            HttpClientResponse from,
            @Nullable Inflation inflation,
            @Nullable TokenUsage usage,
            Scrub scrub,
            Silence silence,
            Sink to) {
        this.from = from;
        this.inflation = inflation;
        this.usage = usage;
        this.scrub = scrub;
        this.silence = silence;
        this.to = to;
    }

    void start() {
        from.exceptionHandler(this::fail);
        from.endHandler(end -> ended());
        from.handler(this::chunk);
        from.resume();
    }

    /** Carries no more, and gives back what it holds. */
    void stop() {
        stopped = true;
        silence.stop();
        if (inflation != null) {
            inflation.close();
        }
    }

    private void chunk(Buffer chunk) {
        if (stopped) {
            return;
        }
        silence.heard();
        if (inflation == null) {
            pass(chunk);
            if (to.full()) {
                hold(from::resume);
            }
        } else {
            inflation.feed(chunk.getBytes());
            inflate();
        }
    }

    /** Decodes while the client takes it. */
    private void inflate() {
        Inflation decoder = inflation;
        if (decoder == null || stopped) {
            return;
        }
        try {
            for (byte[] piece = decoder.next(); piece != null; piece = decoder.next()) {
                pass(Buffer.buffer(piece));
                if (stopped) {
                    return;
                }
                if (to.full()) {
                    hold(this::inflate);
                    return;
                }
            }
            // Only now may the next chunk come: the decoder has used this one up.
            from.resume();
        } catch (Undecodable e) {
            fail(e);
        }
    }

    private void hold(Runnable then) {
        from.pause();
        silence.excuse(true);
        to.whenDrained(() -> {
            if (!stopped) {
                silence.excuse(false);
                then.run();
            }
        });
    }

    private void pass(Buffer plain) {
        if (usage != null) {
            usage.read(plain);
        }
        Buffer clean = scrub.feed(plain);
        if (clean.length() > 0) {
            to.write(clean);
        }
    }

    private void ended() {
        if (stopped) {
            return;
        }
        if (inflation != null) {
            try {
                inflation.end();
            } catch (Undecodable e) {
                fail(e);
                return;
            }
        }
        Buffer rest = scrub.end();
        if (rest.length() > 0) {
            to.write(rest);
        }
        if (!stopped) {
            to.end();
        }
    }

    private void fail(Throwable cause) {
        if (!stopped) {
            to.failed(cause);
        }
    }
}
