package io.clawpod.spawner.docker.engine;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Processes.Exec;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The processes beside agents that were made, until a while after their end: Docker's clients ask then what they ended with. In
 * memory; thread-safe.
 */
final class MadeExecs {
    /** How long one is kept that does not run, if nobody asks for it. */
    static final Duration KEPT = Duration.ofHours(1);

    private static final int MAX_KEPT = 10_000;
    private static final int ID_BYTES = 32;

    private final SecureRandom random = new SecureRandom();
    private final Cache<String, Made> idle;
    /** Each has a stream that is open, so there are no more than those. */
    private final ConcurrentMap<String, Made> running = new ConcurrentHashMap<>();

    MadeExecs(Ticker ticker) {
        this.idle = Caffeine.newBuilder()
                .expireAfterAccess(KEPT)
                .maximumSize(MAX_KEPT)
                .ticker(ticker)
                .build();
    }

    /** One that was made. The state is written by its one start, and read by whoever asks. */
    static final class Made {
        private final String id;
        private final SessionKey key;
        private final Exec exec;
        private final List<String> command;
        private final @Nullable String detachKeys;
        private final AtomicBoolean started = new AtomicBoolean();
        private volatile @Nullable Integer code;

        private Made(String id, SessionKey key, Exec exec, List<String> command, @Nullable String detachKeys) {
            this.id = id;
            this.key = key;
            this.exec = exec;
            this.command = command;
            this.detachKeys = detachKeys;
        }

        SessionKey key() {
            return key;
        }

        Exec exec() {
            return exec;
        }

        List<String> command() {
            return command;
        }

        @Nullable
        String detachKeys() {
            return detachKeys;
        }

        /** Its exit code, once it has one. */
        @Nullable
        Integer code() {
            return code;
        }

        boolean running() {
            return started.get() && code == null;
        }
    }

    /** @return its id */
    String add(SessionKey key, Exec exec, List<String> command, @Nullable String detachKeys) {
        byte[] bytes = new byte[ID_BYTES];
        random.nextBytes(bytes);
        String id = HexFormat.of().formatHex(bytes);
        idle.put(id, new Made(id, key, exec, command, detachKeys));
        return id;
    }

    @Nullable
    Made find(String id) {
        Made runs = running.get(id);
        return runs == null ? idle.getIfPresent(id) : runs;
    }

    /** @return whether nobody has started it before */
    boolean start(Made made) {
        if (!made.started.compareAndSet(false, true)) {
            return false;
        }
        running.put(made.id, made);
        return true;
    }

    void end(Made made, int exitCode) {
        made.code = exitCode;
        // In this order, so that it is found in between.
        idle.put(made.id, made);
        running.remove(made.id);
    }
}
