package io.clawpod.spawner.session;

import io.clawpod.common.Problem;
import java.util.List;

/** What became of a request for a session. */
public sealed interface Admission {
    /**
     * A new session.
     *
     * @param warnings what the cluster will do otherwise than asked
     */
    record Created(Session session, List<String> warnings) implements Admission {}

    /** The same spec already runs, or has run, under this key. */
    record Adopted(Session session) implements Admission {}

    /** Nothing was made, and nothing stays behind. */
    record Refused(Problem problem) implements Admission {}
}
