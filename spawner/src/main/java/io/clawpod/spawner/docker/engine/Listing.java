package io.clawpod.spawner.docker.engine;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clawpod.spawner.session.Session;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/** {@code docker ps} (Docker Engine API, ContainerList). Pure. */
final class Listing {
    static final Set<String> FILTERS =
            Set.of("label", "name", "status", "ancestor", "id", "exited", "health", "before", "since", "network");

    private Listing() {}

    /**
     * @param sessions newest first
     * @param all also those that do not run
     * @param limit the newest that many, whatever their state; null for no limit
     */
    static ArrayNode of(List<Session> sessions, Filters filters, boolean all, @Nullable Integer limit, Instant now) {
        requireStates(filters);
        boolean everyState = all || limit != null || filters.has("status") || filters.has("exited");
        ArrayNode list = Json.array();
        sessions.stream()
                .filter(session -> everyState || States.isListed(session))
                .filter(session -> matches(session, filters, sessions))
                .limit(limit == null ? Long.MAX_VALUE : limit)
                .forEach(session -> list.add(entry(session, now)));
        return list;
    }

    private static void requireStates(Filters filters) {
        for (String status : filters.of("status")) {
            if (!States.NAMES.contains(status)) {
                throw new EngineRefusal(
                        400,
                        "invalid filter 'status=" + Call.cut(status) + "'; use one of "
                                + States.NAMES.stream().sorted().toList());
            }
        }
    }

    static boolean matches(Session session, Filters filters, List<Session> all) {
        return filters.labelsMatch(session.labels())
                && any(filters, "name", name -> named(session, name))
                && any(filters, "id", id -> ContainerId.of(session.key()).startsWith(id))
                && any(filters, "status", status -> States.name(session).equals(status))
                && any(filters, "ancestor", image -> isImage(session.image(), image))
                && any(filters, "network", network -> network.equals("default") || network.equals("bridge"))
                && any(
                        filters,
                        "exited",
                        code -> session.hasEnded()
                                && code.equals(Integer.toString(Ends.of(session).code())))
                && any(filters, "health", health -> health.equals(health(session)))
                && any(filters, "before", other -> place(all, other).isAfter(session.createdAt()))
                && any(filters, "since", other -> place(all, other).isBefore(session.createdAt()));
    }

    private static boolean any(Filters filters, String name, java.util.function.Predicate<String> matches) {
        return !filters.has(name) || filters.of(name).stream().anyMatch(matches);
    }

    /** Docker takes the filter for a regular expression that may match anywhere, with or without the slash. */
    private static boolean named(Session session, String filter) {
        try {
            Pattern pattern = Pattern.compile(filter);
            String name = session.key().key();
            return pattern.matcher(name).find() || pattern.matcher("/" + name).find();
        } catch (PatternSyntaxException e) {
            throw new EngineRefusal(400, "invalid filter 'name=" + Call.cut(filter) + "': is no regular expression");
        }
    }

    /** The configured registry may have been put before the name. */
    static boolean isImage(String image, String asked) {
        return image.equals(asked)
                || image.endsWith("/" + asked)
                || (!asked.contains(":")
                        && !asked.contains("@")
                        && (image.startsWith(asked + ":")
                                || image.contains("/" + asked + ":")
                                || image.startsWith(asked + "@")));
    }

    static String health(Session session) {
        return session.health().name().toLowerCase(Locale.ROOT);
    }

    private static Instant place(List<Session> all, String other) {
        return all.stream()
                .filter(session -> session.key().key().equals(other)
                        || ContainerId.of(session.key()).startsWith(other))
                .map(Session::createdAt)
                .findFirst()
                .orElseThrow(() -> new EngineRefusal(404, "No such container: " + Call.cut(other)));
    }

    private static ObjectNode entry(Session session, Instant now) {
        ObjectNode entry = Json.object().put("Id", ContainerId.of(session.key()));
        entry.set("Names", Json.array(List.of("/" + session.key().key())));
        entry.put("Image", session.image())
                .put("ImageID", "")
                .put("Command", session.container().commandLine())
                .put("Created", session.createdAt().getEpochSecond())
                .put("State", States.name(session))
                .put("Status", States.status(session, now));
        entry.putArray("Ports");
        entry.set("Labels", Json.object(session.labels()));
        entry.putObject("HostConfig").put("NetworkMode", "default");
        ObjectNode networks = entry.putObject("NetworkSettings").putObject("Networks");
        networks.putObject("default")
                .put(
                        "IPAddress",
                        session.pod().ip() == null ? "" : session.pod().ip());
        entry.putArray("Mounts");
        return entry;
    }
}
