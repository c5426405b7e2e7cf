package io.clawpod.spawner.docker.engine;

import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.Sessions;
import io.smallrye.mutiny.Uni;
import java.time.Clock;

/** Shows containers. */
final class Inspecting {
    private final Sessions sessions;
    private final Containers containers;
    private final Clock clock;
    private final Kept kept;

    Inspecting(Sessions sessions, Containers containers, Clock clock, Kept kept) {
        this.kept = kept;
        this.sessions = sessions;
        this.containers = containers;
        this.clock = clock;
    }

    Uni<Reply> list(Call call) {
        Integer limit = call.number("limit", -1, Integer.MAX_VALUE);
        return Uni.createFrom()
                .item(Reply.json(Listing.of(
                        containers.all(),
                        call.filters(Listing.FILTERS),
                        call.isOn("all"),
                        limit == null || limit <= 0 ? null : limit,
                        clock.instant())));
    }

    Uni<Reply> inspect(Call call) {
        String name = call.part("id");
        if (kept.isOn() && !containers.isThere(name)) {
            // Clients inspect a container before they ask for its logs.
            return kept.find(name).map(record -> Reply.json(Inspection.of(kept.session(record), null)));
        }
        Session session = containers.find(name);
        if (containers.isDeparted(session)) {
            return Uni.createFrom().item(Reply.json(Inspection.of(session, null)));
        }
        return Off.loop(() -> Reply.json(Inspection.of(session, sessions.detail(session.key()))));
    }
}
