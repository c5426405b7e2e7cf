package io.clawpod.spawner.docker.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clawpod.common.InvalidValue;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.docker.DockerRun;
import io.clawpod.spawner.docker.Report;
import io.clawpod.spawner.docker.Translation;
import io.clawpod.spawner.session.Admission;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionState;
import io.clawpod.spawner.session.Sessions;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Makes, starts, stops and removes containers. */
final class Lifecycle {
    /** What a stop may take beyond its grace. */
    private static final Duration STOP_MARGIN = Duration.ofMillis(800);
    /** What the kubelet may take to say that what it has killed is dead. */
    private static final Duration KILL_MARGIN = Duration.ofSeconds(10);
    /** How long a stop is waited for whose grace is the pod's own. */
    private static final Duration OWN_GRACE = Duration.ofMinutes(1);

    private static final Duration LEAST = Duration.ofMillis(1);
    private static final Duration REMOVAL = Duration.ofSeconds(30);
    private static final int MAX_GRACE_SECONDS = 3600;
    private static final Pattern PASSING = Pattern.compile("secrets? \"[^\"]*\" not found");
    private static final Pattern ARGV = Pattern.compile("argv\\[([0-9]+)]");

    private final Sessions sessions;
    private final Containers containers;
    private final DockerRun dockerRun;
    private final Signals signals;
    private final Duration startTimeout;
    private final Clock clock;

    Lifecycle(
            Sessions sessions,
            Containers containers,
            DockerRun dockerRun,
            Signals signals,
            Duration startTimeout,
            Clock clock) {
        this.sessions = sessions;
        this.containers = containers;
        this.dockerRun = dockerRun;
        this.signals = signals;
        this.startTimeout = startTimeout;
        this.clock = clock;
    }

    Uni<Reply> create(Call call) {
        CreateBody.Argv asked = CreateBody.read(call.body(), call.parameter("name"), call.parameter("platform"));
        Translation translation = dockerRun.translate(asked.argv());
        if (translation instanceof Translation.Refused refused) {
            throw new EngineRefusal(400, inFields(refused.first(), asked.fields()));
        }
        Translation.Translated translated = (Translation.Translated) translation;
        return Off.loop(() -> admit(translated, asked.autoRemove()));
    }

    /** The translation knows elements of an argv; the caller knows the fields of its body. */
    static String inFields(InvalidValue fault, List<String> fields) {
        Matcher place = ARGV.matcher(fault.field());
        String field = place.matches() ? fields.get(Integer.parseInt(place.group(1))) : "";
        return (field.isEmpty() ? "" : field + ": ") + fault.fault() + "; " + fault.remedy();
    }

    private Reply admit(Translation.Translated translated, boolean autoRemove) {
        SessionKey key = translated.key();
        Session known = sessions.find(key);
        boolean departed =
                containers.all().stream().anyMatch(session -> session.key().equals(key));
        if (known == null ? departed : known.hasEnded() && !known.container().autoRemove()) {
            throw new EngineRefusal(
                    409,
                    "Conflict. The container name \"/" + key.key() + "\" is already in use by container \""
                            + ContainerId.of(key)
                            + "\". You have to remove (or rename) that container to be able to reuse that name.");
        }
        Admission admission = sessions.admit(key, translated.spec(), new Sessions.Terms(true, autoRemove));
        if (admission instanceof Admission.Refused refused) {
            throw EngineRefusal.of(refused.problem());
        }
        ArrayNode warnings = Json.array();
        if (admission instanceof Admission.Created created) {
            created.warnings().forEach(warnings::add);
        }
        for (Report.Entry entry : translated.report().changed()) {
            if (entry.index() != null) {
                warnings.add(entry.flag() + ": " + entry.note());
            }
        }
        return Reply.json(201, Json.object().put("Id", ContainerId.of(key)).set("Warnings", warnings));
    }

    /** Docker answers once the process runs, or could not be started. */
    Uni<Reply> start(Call call) {
        Session session = containers.find(call.part("id"));
        requirePod(session);
        if (session.hasEnded()) {
            // Another pod takes its place; one that is held keeps its own, whose end is remembered.
            containers.forget(session);
        }
        return Off.loop(() -> sessions.start(session.key())).chain(start -> started(start, session.key()));
    }

    private Uni<Reply> started(Sessions.Start start, SessionKey key) {
        if (start instanceof Sessions.Start.Refused refused) {
            throw EngineRefusal.of(refused.problem());
        }
        if (!(start instanceof Sessions.Start.Started started)) {
            throw new EngineRefusal(404, "No such container: " + key.key());
        }
        if (started.already()) {
            return Uni.createFrom().item(Reply.NOT_MODIFIED);
        }
        String uid = started.session().pod().uid();
        return sessions.follow(key)
                .select()
                .where(session -> session.pod().uid().equals(uid) && isSettled(session))
                .toUni()
                .ifNoItem()
                .after(startTimeout)
                .failWith(() -> new EngineRefusal(
                        503,
                        "session " + key + " has not started within " + startTimeout.toSeconds()
                                + " s; it goes on: docker inspect shows what it waits for"))
                .chain(session -> settled(session, key));
    }

    private static boolean isSettled(Session session) {
        return session.isRunning()
                || session.hasEnded()
                || session.state() == SessionState.STOPPING
                || isHopeless(session);
    }

    private static boolean isHopeless(Session session) {
        return session.state() == SessionState.PENDING
                && (isImageFault(session)
                        || (session.reason() == Reason.CONFIG_ERROR && !isPassing(session.message())));
    }

    private static boolean isImageFault(Session session) {
        return session.reason() != null && session.reason().isImageFault();
    }

    /**
     * Whether the kubelet only waits for what is on its way: its cache of Secrets, or the session's own Secret, which is made
     * after the pod that owns it.
     */
    static boolean isPassing(@Nullable String message) {
        return message != null
                && (message.contains("failed to sync ")
                        || PASSING.matcher(message).find());
    }

    private Uni<Reply> settled(@Nullable Session session, SessionKey key) {
        if (session == null || (session.state() == SessionState.STOPPING)) {
            throw new EngineRefusal(409, "session " + key + " was stopped before it started");
        }
        String message = Objects.requireNonNullElse(session.message(), "");
        if (isHopeless(session)) {
            // Nothing half made: Docker would not have made the container at all.
            containers.forget(session);
            boolean image = isImageFault(session);
            String what =
                    image ? "the image " + session.image() + " cannot be had: " : "the container cannot be made: ";
            return Off.loop(() -> {
                sessions.stop(key, Duration.ZERO);
                throw new EngineRefusal(image ? 404 : 500, what + message);
            });
        }
        if (session.hasEnded() && Ends.startFailure(session) != null) {
            throw new EngineRefusal(400, "failed to create task for container: " + message);
        }
        if (session.hasEnded()
                && (session.exitCode() == null || Ends.of(session).error() != null)) {
            throw new EngineRefusal(
                    isImageFault(session) ? 404 : 500,
                    Objects.requireNonNullElse(Ends.of(session).error(), "it was stopped"));
        }
        return Uni.createFrom().item(Reply.NO_CONTENT);
    }

    Uni<Reply> stop(Call call) {
        Integer seconds = grace(call);
        Session session = containers.find(call.part("id"));
        if (session.hasEnded()) {
            return Uni.createFrom().item(Reply.NOT_MODIFIED);
        }
        return end(session, seconds, STOP_MARGIN);
    }

    /** Docker's -1 means as long as it takes. */
    private static @Nullable Integer grace(Call call) {
        Integer seconds = call.number("t", -1, MAX_GRACE_SECONDS);
        return seconds != null && seconds < 0 ? Integer.valueOf(MAX_GRACE_SECONDS) : seconds;
    }

    /** Answers in time also while the Kubernetes API does not: the host of a v2 install stands still until then. */
    private Uni<Reply> end(Session session, @Nullable Integer graceSeconds, Duration margin) {
        // A pod that runs is given a second at least, else it would be out of the API before its processes are.
        Duration grace = graceSeconds == null ? null : Duration.ofSeconds(graceSeconds);
        Duration bound = graceSeconds == null
                ? OWN_GRACE
                : Duration.ofSeconds(Math.max(1, graceSeconds)).plus(margin);
        SessionKey key = session.key();
        Instant deadline = clock.instant().plus(bound);
        return Off.loop(() -> sessions.stop(key, grace))
                .ifNoItem()
                .after(bound)
                .failWith(() -> new EngineRefusal(
                        503, "the Kubernetes API has not answered in time; session " + key + " may still run"))
                .chain(stop -> {
                    if (stop instanceof Sessions.Stop.Refused refused) {
                        throw EngineRefusal.of(refused.problem());
                    }
                    Duration left = Duration.between(clock.instant(), deadline);
                    return sessions.follow(key)
                            .select()
                            .where(now -> now.hasEnded()
                                    || !now.pod().uid().equals(session.pod().uid()))
                            .toUni()
                            .replaceWith(Reply.NO_CONTENT)
                            // It is asked for and will happen; the kubelet is only late to say so.
                            .ifNoItem()
                            .after(left.compareTo(LEAST) < 0 ? LEAST : left)
                            .recoverWithItem(Reply.NO_CONTENT);
                });
    }

    Uni<Reply> kill(Call call) {
        Session session = containers.find(call.part("id"));
        String signal = Signals.name(call.parameter("signal"));
        if (session.hasEnded() || session.isHeld()) {
            throw new EngineRefusal(
                    409,
                    "cannot kill container: " + session.key().key() + ": container " + ContainerId.of(session.key())
                            + " is not running");
        }
        return signal.equals("KILL")
                ? end(session, 0, KILL_MARGIN)
                : signals.send(session.key(), signal).replaceWith(Reply.NO_CONTENT);
    }

    Uni<Reply> restart(Call call) {
        Integer seconds = grace(call);
        Session session = containers.find(call.part("id"));
        requirePod(session);
        return Off.loop(() -> sessions.restart(session.key(), seconds == null ? null : Duration.ofSeconds(seconds)))
                .chain(start -> started(start, session.key()));
    }

    private void requirePod(Session session) {
        if (containers.isDeparted(session)) {
            throw new EngineRefusal(
                    409,
                    "session " + session.key() + " was stopped and its pod is gone; docker rm it and run it again");
        }
    }

    Uni<Reply> remove(Call call) {
        Session session = containers.find(call.part("id"));
        if (call.isOn("link")) {
            throw new EngineRefusal(400, "link: pods have no links; leave it out");
        }
        // One that is being stopped counts as stopped: the kubelet is only late to say so.
        boolean lives = !session.hasEnded() && !session.isHeld() && session.state() != SessionState.STOPPING;
        if (lives && !call.isOn("force")) {
            throw new EngineRefusal(
                    409,
                    "cannot remove container \"/" + session.key().key()
                            + "\": container is running: stop the container before removing or force remove");
        }
        if (containers.isDeparted(session)) {
            containers.forget(session);
            return Uni.createFrom().item(Reply.NO_CONTENT);
        }
        return Off.loop(() -> sessions.stop(session.key(), Duration.ZERO)).chain(stop -> {
            if (stop instanceof Sessions.Stop.Refused refused) {
                throw EngineRefusal.of(refused.problem());
            }
            containers.forget(session);
            return sessions.follow(session.key())
                    .select()
                    .where(now -> !now.pod().uid().equals(session.pod().uid()))
                    .toUni()
                    .replaceWith(Reply.NO_CONTENT)
                    .ifNoItem()
                    .after(REMOVAL)
                    .recoverWithItem(Reply.NO_CONTENT);
        });
    }

    /** Refused by name, with what does the same. */
    Uni<Reply> rename(Call call) {
        containers.find(call.part("id"));
        throw EngineRefusal.notImplemented(
                "a session cannot be renamed: its name is the key that it is found and adopted by",
                "stop it and run it under the new name");
    }

    /**
     * The end of a session as it comes.
     *
     * @param condition {@code not-running}, {@code next-exit} or {@code removed}
     */
    Uni<JsonNode> end(Session session, String condition) {
        if (!List.of("not-running", "next-exit", "removed").contains(condition)) {
            throw new EngineRefusal(
                    400, "condition: '" + Call.cut(condition) + "' is none; use not-running, next-exit or removed");
        }
        boolean now = condition.equals("not-running") && (session.hasEnded() || session.isHeld());
        boolean gone = condition.equals("removed") && Containers.isGone(session);
        if (now || gone || containers.isDeparted(session)) {
            return Uni.createFrom().item(result(session));
        }
        boolean untilRemoved =
                condition.equals("removed") && !session.container().autoRemove();
        boolean skipsThisEnd = condition.equals("next-exit") && session.hasEnded();
        Session[] last = {session};
        return sessions.follow(session.key())
                .onItem()
                .invoke(seen -> last[0] = seen)
                .select()
                .where(seen -> seen.hasEnded() && !untilRemoved && !(skipsThisEnd && isSameEnd(session, seen)))
                .toUni()
                .map(ended -> result(ended == null ? last[0] : ended));
    }

    private static boolean isSameEnd(Session before, Session now) {
        return before.pod().uid().equals(now.pod().uid());
    }

    private static JsonNode result(Session session) {
        Ends.End end = session.isHeld() ? new Ends.End(0, null) : Ends.of(session);
        ObjectNode result = Json.object().put("StatusCode", end.code());
        if (end.error() != null) {
            result.putObject("Error").put("Message", end.error());
        }
        return result;
    }

    Session find(Call call) {
        return containers.findAlsoGone(call.part("id"));
    }
}
