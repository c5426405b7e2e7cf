package io.clawpod.spawner.docker.engine;

import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionState;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;

/** How Docker calls the states of a session. Pure. */
final class States {
    static final Set<String> NAMES = Set.of("created", "restarting", "running", "removing", "paused", "exited", "dead");

    private States() {}

    /** One that waits for its node, its image or its container is created and not yet running, as it is with Docker. */
    static String name(Session session) {
        return switch (session.state()) {
            case PENDING -> session.reason() == io.clawpod.spawner.session.Reason.RESTARTING ? "restarting" : "created";
            case RUNNING -> session.isRunning() ? "running" : "restarting";
            case UNHEALTHY, STOPPING -> "running";
            case ENDED -> "exited";
        };
    }

    /** Whether it is listed without being asked for: a host looks here for what it has left behind. */
    static boolean isListed(Session session) {
        return !session.hasEnded() && !session.isHeld();
    }

    /** The status column of {@code docker ps}. */
    static String status(Session session, Instant now) {
        if (session.hasEnded()) {
            Instant end = session.endedAt() == null ? session.createdAt() : session.endedAt();
            return "Exited (" + Ends.of(session).code() + ") " + human(Duration.between(end, now)) + " ago";
        }
        if (session.isHeld()) {
            return "Created";
        }
        if (session.state() == SessionState.PENDING) {
            return "Starting"
                    + (session.reason() == null ? "" : " (" + session.reason().code() + ")");
        }
        Instant start = session.startedAt() == null ? session.createdAt() : session.startedAt();
        String up = "Up " + human(Duration.between(start, now));
        return switch (session.state()) {
            case UNHEALTHY -> up + " (unhealthy)";
            case STOPPING -> up + " (stopping)";
            default ->
                switch (session.health()) {
                    case STARTING -> up + " (health: starting)";
                    case HEALTHY -> up + " (healthy)";
                    default -> up;
                };
        };
    }

    /** As docker/go-units, HumanDuration, reads to people. */
    static String human(Duration duration) {
        long seconds = Math.max(0, duration.toSeconds());
        long minutes = seconds / 60;
        long hours = Math.round(seconds / 3600.0);
        if (seconds < 1) {
            return "Less than a second";
        } else if (seconds == 1) {
            return "1 second";
        } else if (seconds < 60) {
            return seconds + " seconds";
        } else if (minutes == 1) {
            return "About a minute";
        } else if (minutes < 60) {
            return minutes + " minutes";
        } else if (hours == 1) {
            return "About an hour";
        } else if (hours < 48) {
            return hours + " hours";
        } else if (hours < 24 * 7 * 2) {
            return hours / 24 + " days";
        } else if (hours < 24 * 30 * 2) {
            return hours / 24 / 7 + " weeks";
        } else if (hours < 24 * 365 * 2) {
            return hours / 24 / 30 + " months";
        }
        return hours / 24 / 365 + " years";
    }
}
