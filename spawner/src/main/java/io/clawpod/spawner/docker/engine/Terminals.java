package io.clawpod.spawner.docker.engine;

import io.clawpod.spawner.session.RemoteProcess;
import io.smallrye.mutiny.Uni;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Processes whose terminal may change its size, by the id under which Docker's clients ask for it. A size that comes before
 * the process does is kept for it. Thread-safe.
 */
final class Terminals {
    private record Size(int columns, int rows) {}

    private static final int MAX_TERMINAL = 65_535;
    private static final int MAX_WAITING = 1000;

    private final Map<String, Set<RemoteProcess>> open = new ConcurrentHashMap<>();
    private final Map<String, Size> waiting = new ConcurrentHashMap<>();

    void add(String id, RemoteProcess process) {
        open.computeIfAbsent(id, key -> ConcurrentHashMap.newKeySet()).add(process);
        Size size = waiting.remove(id);
        if (size != null) {
            resize(process, size);
        }
    }

    void remove(String id, @Nullable RemoteProcess process) {
        waiting.remove(id);
        if (process != null) {
            open.computeIfPresent(id, (key, processes) -> {
                processes.remove(process);
                return processes.isEmpty() ? null : processes;
            });
        }
    }

    /** Answers what both kinds of resize ask (Docker Engine API, ContainerResize and ExecResize). */
    Uni<Reply> resize(Call call, String id) {
        Integer rows = call.number("h", 0, MAX_TERMINAL);
        Integer columns = call.number("w", 0, MAX_TERMINAL);
        if (rows == null || columns == null) {
            throw new EngineRefusal(400, (rows == null ? "h" : "w") + ": is missing; send h and w, in characters");
        }
        if (rows > 0 && columns > 0) {
            resize(id, columns, rows);
        }
        return Uni.createFrom().item(Reply.status(200));
    }

    void resize(String id, int columns, int rows) {
        Size size = new Size(columns, rows);
        Set<RemoteProcess> processes = open.get(id);
        if (processes != null) {
            processes.forEach(process -> resize(process, size));
        } else if (waiting.size() < MAX_WAITING) {
            waiting.put(id, size);
        }
    }

    private static void resize(RemoteProcess process, Size size) {
        process.resize(size.columns(), size.rows()).subscribe().with(done -> {}, gone -> {});
    }
}
