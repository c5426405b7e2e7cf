package io.clawpod.spawner.cluster;

import io.clawpod.spawner.session.Sessions.LogQuery;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.io.Serial;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An agent's log until the agent ends, also if the connection to it breaks: then it is asked for again and goes on where it
 * was. When a kubelet goes away, the API server ends its answer as if the log were over; so the end counts once the log was
 * asked for a second time and brought nothing more. One reader.
 */
final class FollowedLog {
    /** How often in a row a log is asked for in vain: with {@link #MAX_PAUSE} for some minutes. */
    private static final int MAX_TRIES = 40;

    private static final Duration MAX_PAUSE = Duration.ofSeconds(5);

    private final Function<LogQuery, Uni<Multi<byte[]>>> source;
    private final BooleanSupplier there;
    private final Duration firstPause;
    private final LogPosition position;
    private final AtomicReference<@Nullable Multi<byte[]>> opened = new AtomicReference<>();
    // One stream is read at a time, and each begins after the one before has ended.
    private volatile boolean fresh;
    private volatile boolean endedBefore;
    private final AtomicInteger tries = new AtomicInteger();

    private FollowedLog(
            Function<LogQuery, Uni<Multi<byte[]>>> source,
            LogPosition position,
            BooleanSupplier there,
            Duration firstPause) {
        this.source = source;
        this.there = there;
        this.firstPause = firstPause;
        this.position = position;
    }

    /** The log is to be asked for again. Carries no stack trace. */
    private static final class Again extends Exception {
        @Serial
        private static final long serialVersionUID = 1;

        Again() {
            super("the log ended", null, false, false);
        }
    }

    /**
     * Fails if the log cannot be opened a first time. The stream fails if it broke and the session is not there any more, or
     * cannot be reached for some minutes.
     *
     * @param source opens a stream of the log
     * @param there whether the session's pod is still there
     * @param firstPause before a broken log is asked for again; doubled each time in vain, up to 5 s
     */
    static Uni<Multi<byte[]>> open(
            Function<LogQuery, Uni<Multi<byte[]>>> source,
            LogQuery query,
            Instant now,
            BooleanSupplier there,
            Duration firstPause) {
        return open(source, new LogPosition(query, now), there, firstPause);
    }

    /** As the other, from a position on. */
    static Uni<Multi<byte[]>> open(
            Function<LogQuery, Uni<Multi<byte[]>>> source,
            LogPosition position,
            BooleanSupplier there,
            Duration firstPause) {
        FollowedLog log = new FollowedLog(source, position, there, firstPause);
        return source.apply(log.position.query()).map(first -> {
            log.opened.set(first);
            return log.stream();
        });
    }

    private Multi<byte[]> stream() {
        return Multi.createFrom()
                .deferred(this::attempt)
                .onFailure()
                .retry()
                .when(failures -> failures.onItem().transformToUniAndConcatenate(this::again));
    }

    private Multi<byte[]> attempt() {
        position.begin();
        fresh = false;
        Multi<byte[]> first = opened.getAndSet(null);
        Multi<byte[]> bytes =
                first != null ? first : source.apply(position.query()).onItem().transformToMulti(stream -> stream);
        return bytes.map(position::take)
                .select()
                .where(piece -> piece.length > 0)
                .onItem()
                .invoke(piece -> {
                    fresh = true;
                    tries.set(0);
                })
                .onFailure(failure -> endedBefore && (isGone(failure) || !there.getAsBoolean()))
                .recoverWithCompletion()
                .onCompletion()
                .switchTo(this::ended);
    }

    private Multi<byte[]> ended() {
        if (endedBefore && !fresh) {
            return Multi.createFrom().empty();
        }
        endedBefore = true;
        return Multi.createFrom().failure(new Again());
    }

    private static boolean isGone(Throwable failure) {
        return failure instanceof KubernetesClientException refused
                && (refused.getCode() == 404 || refused.getCode() == 400);
    }

    private Uni<Boolean> again(Throwable failure) {
        if (failure instanceof Again) {
            return Uni.createFrom().item(true);
        }
        endedBefore = false;
        int vain = tries.incrementAndGet();
        if (!there.getAsBoolean() || vain > MAX_TRIES) {
            return Uni.createFrom().failure(failure);
        }
        Duration pause = firstPause.multipliedBy(1L << Math.min(vain - 1, 16));
        return Uni.createFrom().item(true).onItem().delayIt().by(pause.compareTo(MAX_PAUSE) > 0 ? MAX_PAUSE : pause);
    }
}
