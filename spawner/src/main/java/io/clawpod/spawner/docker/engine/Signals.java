package io.clawpod.spawner.docker.engine;

import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Processes;
import io.clawpod.spawner.session.Processes.Exec;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Sends an agent a signal. Kubernetes knows only the stop, so any other is sent by the container's own shell. */
final class Signals {
    // signal(7), x86 and arm; what a kill -l shows.
    private static final Map<Integer, String> BY_NUMBER = Map.ofEntries(
            Map.entry(1, "HUP"),
            Map.entry(2, "INT"),
            Map.entry(3, "QUIT"),
            Map.entry(6, "ABRT"),
            Map.entry(9, "KILL"),
            Map.entry(10, "USR1"),
            Map.entry(12, "USR2"),
            Map.entry(13, "PIPE"),
            Map.entry(14, "ALRM"),
            Map.entry(15, "TERM"),
            Map.entry(17, "CHLD"),
            Map.entry(18, "CONT"),
            Map.entry(19, "STOP"),
            Map.entry(20, "TSTP"),
            Map.entry(28, "WINCH"));

    private static final Set<String> NAMES = Set.copyOf(BY_NUMBER.values());

    private final Exchanges exchanges;

    Signals(Exchanges exchanges) {
        this.exchanges = exchanges;
    }

    /**
     * @param text a name with or without SIG, or a number; absent means KILL
     * @throws EngineRefusal if it is none
     */
    static String name(@Nullable String text) {
        if (text == null) {
            return "KILL";
        }
        String name = text.toUpperCase(Locale.ROOT);
        if (name.matches("[0-9]{1,2}")) {
            name = BY_NUMBER.getOrDefault(Integer.parseInt(name), "");
        } else if (name.startsWith("SIG")) {
            name = name.substring("SIG".length());
        }
        if (!NAMES.contains(name)) {
            throw new EngineRefusal(400, "Invalid signal: " + Call.cut(text));
        }
        return name;
    }

    Uni<Void> send(SessionKey key, String signal) {
        Exec kill =
                new Processes.Exec(List.of("sh", "-c", "kill -s \"$1\" 1", "kill", signal), false, true, true, false);
        return exchanges
                .run(key, kill)
                .invoke(result -> {
                    if (result.code() != 0) {
                        throw new EngineRefusal(
                                500,
                                "SIG" + signal + " was not sent: " + result.error()
                                        + "; docker stop asks the agent to end without a shell in its image");
                    }
                })
                .replaceWithVoid();
    }
}
