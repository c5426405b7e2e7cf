package io.clawpod.spawner.docker;

import io.clawpod.spawner.session.Session;

/** Shows a session as the sessions API does. */
@FunctionalInterface
public interface SessionRenderer {
    Object render(Session session);
}
