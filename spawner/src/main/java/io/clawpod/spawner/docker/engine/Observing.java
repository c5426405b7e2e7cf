package io.clawpod.spawner.docker.engine;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clawpod.spawner.session.Processes.Exec;
import io.clawpod.spawner.session.Session;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerResponse;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** What runs in a container and what it uses. Its own {@code ps} and control group tell; only its node knows better. */
final class Observing {
    private static final long STATS_MILLIS = 1000;
    private static final int NO_COMMAND = 127;

    private final Containers containers;
    private final Exchanges exchanges;
    private final Clock clock;

    Observing(Containers containers, Exchanges exchanges, Clock clock) {
        this.containers = containers;
        this.exchanges = exchanges;
        this.clock = clock;
    }

    /** Docker Engine API, ContainerTop. */
    Uni<Reply> top(Call call) {
        Session session = containers.findRunning(call.part("id"));
        String options = call.parameter("ps_args");
        List<String> command = new ArrayList<>(List.of("ps"));
        command.addAll(List.of((options == null ? "-ef" : options).strip().split("\\s+")));
        return exchanges
                .run(session.key(), new Exec(command, false, true, true, false))
                .map(result -> {
                    if (result.code() == NO_COMMAND) {
                        throw new EngineRefusal(
                                500, "docker top takes ps in the agent's image, which has none: " + result.error());
                    }
                    if (result.code() != 0) {
                        throw new EngineRefusal(400, "ps_args: ps says: " + Call.cut(result.error()));
                    }
                    return Reply.json(table(result.output()));
                });
    }

    static ObjectNode table(String printed) {
        List<String> lines = printed.lines().filter(line -> !line.isBlank()).toList();
        List<String> titles =
                lines.isEmpty() ? List.of() : List.of(lines.get(0).strip().split("\\s+"));
        ObjectNode table = Json.object();
        table.set("Titles", Json.array(titles));
        ArrayNode processes = table.putArray("Processes");
        for (String line : lines.subList(Math.min(1, lines.size()), lines.size())) {
            processes.add(Json.array(List.of(line.strip().split("\\s+", Math.max(1, titles.size())))));
        }
        return table;
    }

    /** Docker Engine API, ContainerStats. */
    Uni<Reply> stats(Call call) {
        String streamed = call.request().getParam("stream");
        boolean stream = streamed == null || call.isOn("stream");
        Session session = containers.find(call.part("id"));
        if (!session.isRunning()) {
            return Uni.createFrom().item(Reply.json(UsageReading.none(session)));
        }
        if (!stream) {
            return read(session)
                    .chain(first -> call.isOn("one-shot")
                            ? Uni.createFrom().item(Reply.json(first.shown(null)))
                            : Uni.createFrom()
                                    .voidItem()
                                    .onItem()
                                    .delayIt()
                                    .by(java.time.Duration.ofMillis(STATS_MILLIS))
                                    .chain(() -> read(session))
                                    .map(second -> Reply.json(second.shown(first))));
        }
        Context loop = Vertx.currentContext();
        return read(session).map(first -> {
            HttpServerResponse response = call.request().response();
            response.setChunked(true).putHeader("Content-Type", "application/json");
            AtomicBoolean open = new AtomicBoolean(true);
            response.closeHandler(closed -> open.set(false));
            loop.runOnContext(go -> {
                response.write(first.shown(null) + "\n");
                next(session, first, response, loop, open);
            });
            return Reply.SENT;
        });
    }

    private void next(
            Session session, UsageReading before, HttpServerResponse response, Context loop, AtomicBoolean open) {
        loop.owner().setTimer(STATS_MILLIS, timer -> {
            if (!open.get()) {
                return;
            }
            read(session)
                    .subscribe()
                    .with(
                            now -> loop.runOnContext(go -> {
                                if (open.get()) {
                                    response.write(now.shown(before) + "\n");
                                    next(session, now, response, loop, open);
                                }
                            }),
                            // It has ended, and so do its numbers.
                            failure -> loop.runOnContext(go -> {
                                if (open.get()) {
                                    response.end();
                                }
                            }));
        });
    }

    private Uni<UsageReading> read(Session session) {
        return exchanges
                .run(session.key(), new Exec(UsageReading.COMMAND, false, true, true, false))
                .map(result -> {
                    if (result.code() == NO_COMMAND) {
                        throw new EngineRefusal(
                                500,
                                "docker stats takes sh and cat in the agent's image, which has none: "
                                        + result.error());
                    }
                    return UsageReading.parse(session, clock.instant(), result.output());
                });
    }
}
