package io.clawpod.spawner.docker.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.benmanes.caffeine.cache.Ticker;
import io.clawpod.spawner.docker.engine.MadeExecs.Made;
import io.clawpod.spawner.session.Processes.Exec;
import io.clawpod.spawner.session.RemoteProcess;
import io.clawpod.spawner.session.Session;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Processes beside the agent (Docker Engine API, Exec). Docker makes one first and starts it later. */
final class Execs {
    private final Containers containers;
    private final Exchanges exchanges;
    private final Terminals terminals;
    private final MadeExecs made = new MadeExecs(Ticker.systemTicker());

    Execs(Containers containers, Exchanges exchanges, Terminals terminals) {
        this.containers = containers;
        this.exchanges = exchanges;
        this.terminals = terminals;
    }

    Uni<Reply> create(Call call) {
        Session session = containers.findRunning(call.part("id"));
        JsonNode body = call.body();
        List<String> command = texts(body, "Cmd");
        if (command.isEmpty()) {
            throw new EngineRefusal(400, "Cmd: is empty; name the command and its arguments");
        }
        if (body.path("Privileged").asBoolean()) {
            throw new EngineRefusal(400, "Privileged: an agent's container has no such powers; leave it out");
        }
        if (!body.path("User").asText("").isEmpty()) {
            throw new EngineRefusal(
                    400, "User: Kubernetes runs it as the agent's own user, whoever asks; leave it out");
        }
        boolean stdin = body.path("AttachStdin").asBoolean();
        boolean out = body.path("AttachStdout").asBoolean();
        boolean error = body.path("AttachStderr").asBoolean();
        boolean tty = body.path("Tty").asBoolean();
        // Kubernetes wants a stream; what is not wanted is read and thrown away.
        Exec exec = new Exec(wrapped(body, command), stdin, out || !(stdin || error), error && !tty, tty);
        String keys = body.path("DetachKeys").asText("");
        String id = made.add(session.key(), exec, command, keys.isEmpty() ? null : keys);
        return Uni.createFrom().item(Reply.json(201, Json.object().put("Id", id)));
    }

    /** Kubernetes knows neither variables nor a folder for a command (Kubernetes API, PodExecOptions). */
    private static List<String> wrapped(JsonNode body, List<String> command) {
        List<String> words = new ArrayList<>();
        String folder = body.path("WorkingDir").asText("");
        if (!folder.isEmpty()) {
            words.addAll(List.of("sh", "-c", "cd \"$1\" && shift && exec \"$@\"", "exec", folder));
        }
        List<String> env = texts(body, "Env");
        if (!env.isEmpty()) {
            words.add("env");
            words.addAll(env);
        }
        words.addAll(command);
        return words;
    }

    private static List<String> texts(JsonNode body, String field) {
        List<String> texts = new ArrayList<>();
        JsonNode value = body.path(field);
        if (value.isTextual()) {
            return List.of(value.textValue());
        }
        if (!value.isArray() && !Json.isUnset(value)) {
            throw new EngineRefusal(400, field + ": has the wrong type; send a list of texts");
        }
        value.forEach(item -> texts.add(item.asText()));
        return texts;
    }

    private Made find(Call call) {
        Made found = made.find(call.part("id"));
        if (found == null) {
            throw new EngineRefusal(404, "No such exec instance: " + Call.cut(call.part("id")));
        }
        return found;
    }

    Uni<Reply> start(Call call) {
        Made found = find(call);
        boolean detach = call.body().path("Detach").asBoolean();
        DetachKeys keys = found.exec().tty() ? DetachKeys.parse(found.detachKeys()) : null;
        if (!made.start(found)) {
            throw new EngineRefusal(409, "exec instance " + Call.cut(call.part("id")) + " was started already");
        }
        Uni<RemoteProcess> opening = exchanges
                .open(found.key(), found.exec())
                .onFailure()
                .invoke(failure -> made.end(found, Ends.CANNOT_RUN));
        if (detach) {
            return opening.map(process -> {
                process.output().subscribe().with(ignored -> {}, failure -> {});
                noteEnd(found, process);
                return Reply.status(200);
            });
        }
        boolean plain = found.exec().tty() || !ApiVersion.of(call).isAtLeast(1, 42);
        return opening.chain(process -> Wire.open(call.request(), plain ? Frames.RAW : Frames.MULTIPLEXED)
                .onFailure()
                .invoke(failure -> {
                    process.close();
                    noteEnd(found, process);
                })
                .map(wire -> connect(wire, call.part("id"), found, process, keys)));
    }

    private Reply connect(Wire wire, String id, Made found, RemoteProcess process, @Nullable DetachKeys keys) {
        if (found.exec().tty()) {
            terminals.add(id, process);
        }
        if (found.exec().stdin()) {
            Input.pump(wire, process, keys, () -> {
                process.close();
                wire.end();
            });
        } else {
            wire.read(ignored -> {}, () -> {});
        }
        Pump pump = Pump.start(
                process.output().map(piece -> Frames.of(piece, found.exec().tty())),
                wire.loop(),
                wire.out(),
                // The client asks for the exit code as soon as the stream has ended.
                failure -> process.exit().subscribe().with(exit -> {
                    terminals.remove(id, process);
                    made.end(found, code(exit, wire, found));
                    wire.end();
                }));
        wire.onClose(() -> {
            terminals.remove(id, process);
            pump.stop();
            process.close();
            noteEnd(found, process);
        });
        return Reply.SENT;
    }

    /** The code; a command that could not be started is told to the client in the stream, as Docker does. */
    private static int code(RemoteProcess.Exit exit, Wire wire, Made found) {
        if (exit instanceof RemoteProcess.Exit.Exited exited) {
            return exited.code();
        }
        RemoteProcess.Exit.Failed failed = (RemoteProcess.Exit.Failed) exit;
        byte[] words = (failed.message() + (found.exec().tty() ? "\r\n" : "\n"))
                .getBytes(java.nio.charset.StandardCharsets.UTF_8);
        wire.out()
                .write(Frames.of(
                        new RemoteProcess.Output(true, words), found.exec().tty()));
        return failed.shellCode().orElse(Ends.CANNOT_RUN);
    }

    private void noteEnd(Made found, RemoteProcess process) {
        process.exit()
                .subscribe()
                .with(exit -> made.end(
                        found,
                        exit instanceof RemoteProcess.Exit.Exited exited
                                ? exited.code()
                                : ((RemoteProcess.Exit.Failed) exit).shellCode().orElse(Ends.CANNOT_RUN)));
    }

    Uni<Reply> inspect(Call call) {
        Made found = find(call);
        ObjectNode shown = Json.object()
                .put("ID", call.part("id"))
                .put("Running", found.running())
                .put("ExitCode", found.code())
                .put("OpenStdin", found.exec().stdin())
                .put("OpenStdout", found.exec().stdout())
                .put("OpenStderr", found.exec().stderr())
                .put("CanRemove", false)
                .put("ContainerID", ContainerId.of(found.key()))
                .put("DetachKeys", "")
                // Which process it is only its node knows.
                .put("Pid", 0);
        ObjectNode process = shown.putObject("ProcessConfig");
        process.put("tty", found.exec().tty())
                .put("entrypoint", found.command().get(0))
                .put("privileged", false);
        process.set(
                "arguments",
                Json.array(found.command().subList(1, found.command().size())));
        return Uni.createFrom().item(Reply.json(shown));
    }

    Uni<Reply> resize(Call call) {
        find(call);
        return terminals.resize(call, call.part("id"));
    }
}
