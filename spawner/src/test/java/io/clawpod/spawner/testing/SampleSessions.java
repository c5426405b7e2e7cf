package io.clawpod.spawner.testing;

import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.LifeSigns;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionState;
import io.clawpod.spawner.session.SpecHash;
import java.time.Instant;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Sessions of which only a few things matter. */
public final class SampleSessions {
    /** When they were made, and what they wait for began. */
    public static final Instant MADE = Instant.parse("2026-01-02T03:04:05Z");

    private SampleSessions() {}

    public static Session pending(String key, String uid) {
        return of(SessionKey.of("i", key), uid, "g", SessionState.PENDING, Reason.STARTING);
    }

    /** Pending, on its node. */
    public static Session scheduled(String key, String uid) {
        return of(SessionKey.of("i", key), uid, "g", SessionState.PENDING, Reason.STARTING, "node");
    }

    public static Session running(String key, String uid) {
        return of(SessionKey.of("i", key), uid, "g", SessionState.RUNNING, null);
    }

    public static Session of(
            SessionKey key, String uid, @Nullable String group, SessionState state, @Nullable Reason reason) {
        return of(key, uid, group, state, reason, null);
    }

    /** With a start, and signs of life. */
    public static Session of(
            SessionKey key, SessionState state, @Nullable Reason reason, @Nullable Instant startedAt, LifeSigns signs) {
        return of(key, "uid-" + key.key(), null, state, reason, null, startedAt, signs);
    }

    /** On a node, whatever its state. */
    public static Session onNode(String key, SessionState state, @Nullable Reason reason) {
        return of(SessionKey.of("i", key), "uid-" + key, null, state, reason, "node-1");
    }

    private static Session of(
            SessionKey key,
            String uid,
            @Nullable String group,
            SessionState state,
            @Nullable Reason reason,
            @Nullable String node) {
        return of(key, uid, group, state, reason, node, null, LifeSigns.NONE);
    }

    private static Session of(
            SessionKey key,
            String uid,
            @Nullable String group,
            SessionState state,
            @Nullable Reason reason,
            @Nullable String node,
            @Nullable Instant startedAt,
            LifeSigns signs) {
        return new Session(
                key,
                group,
                null,
                state,
                reason,
                null,
                null,
                null,
                new Session.PodRef("clawpod-agents", key.podName(), uid, node, null),
                "registry.example/agent:1",
                new SpecHash("0".repeat(64)),
                MADE,
                MADE,
                startedAt,
                null,
                null,
                signs,
                0,
                new TreeMap<>(),
                new Session.Container("", false, false, false));
    }
}
