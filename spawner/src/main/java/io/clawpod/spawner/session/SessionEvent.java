package io.clawpod.spawner.session;

import java.util.List;

/** Something that happened to sessions, in order. */
public sealed interface SessionEvent {
    /** Names this event to {@link Sessions#watch}; good for as long as this process lives. */
    String id();

    /** Forget what you knew: these are all sessions there are. */
    record Resync(String id, List<Session> sessions) implements SessionEvent {}

    /** A session is new or different. */
    record Changed(String id, Session session) implements SessionEvent {}

    /** A session's pod is gone; this is how it was last seen. */
    record Removed(String id, Session session) implements SessionEvent {}
}
