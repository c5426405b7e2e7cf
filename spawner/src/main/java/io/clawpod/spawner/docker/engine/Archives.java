package io.clawpod.spawner.docker.engine;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.session.Processes.Exec;
import io.clawpod.spawner.session.RemoteProcess;
import io.clawpod.spawner.session.RemoteProcess.Exit;
import io.clawpod.spawner.session.Session;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Files in and out of a container, as a tar archive (Docker Engine API, ContainerArchive). Kubernetes has no such thing, so the
 * container's own {@code tar} and {@code stat} do it, as with {@code kubectl cp}; the container has to run.
 */
final class Archives {
    static final String TAR = "application/x-tar";
    static final String STAT = "X-Docker-Container-Path-Stat";

    // Prints mode, size and time, then where a link leads; fails if there is nothing.
    private static final String STAT_SCRIPT = "stat -c '%f %s %Y' \"$1\" && if [ -L \"$1\" ]; then readlink \"$1\"; fi";
    private static final Set<String> ENCODINGS = Set.of("identity", "gzip", "bzip2", "xz");
    private static final int NO_COMMAND = 127;
    private static final int HEX = 16;

    private final Containers containers;
    private final Exchanges exchanges;

    Archives(Containers containers, Exchanges exchanges) {
        this.containers = containers;
        this.exchanges = exchanges;
    }

    private Session running(Call call) {
        Session session = containers.find(call.part("id"));
        if (!session.isRunning()) {
            throw new EngineRefusal(
                    409,
                    "session " + session.key() + " is " + session.state().code()
                            + ": files can be copied only while its agent runs; mount a folder to have them before and after");
        }
        return session;
    }

    private static String path(Call call) {
        String path = call.parameter("path");
        if (path == null || path.indexOf('\0') >= 0) {
            throw new EngineRefusal(400, "path: is missing; send the path in the container");
        }
        return path.startsWith("/") ? path : "/" + path;
    }

    Uni<Reply> stat(Call call) {
        Session session = running(call);
        return stat(session.key(), path(call)).map(stat -> Reply.status(200).with(Map.of(STAT, stat)));
    }

    private Uni<String> stat(SessionKey key, String path) {
        Exec exec = new Exec(List.of("sh", "-c", STAT_SCRIPT, "stat", path), false, true, true, false);
        return exchanges.run(key, exec).map(result -> {
            if (result.code() == NO_COMMAND) {
                throw noCommand("sh and stat", result.error());
            }
            if (result.code() != 0) {
                throw new EngineRefusal(
                        404, "Could not find the file " + Call.cut(path) + " in container " + ContainerId.of(key));
            }
            return encoded(path, result.output());
        });
    }

    private static EngineRefusal noCommand(String what, String error) {
        return new EngineRefusal(500, "copying takes " + what + " in the agent's image, which has none: " + error);
    }

    /** @param printed by {@link #STAT_SCRIPT} */
    static String encoded(String path, String printed) {
        String[] lines = printed.split("\n", -1);
        String[] parts = lines[0].strip().split(" ", -1);
        String target = lines.length > 1 ? lines[1] : "";
        ObjectNode stat = Json.object()
                .put("name", base(path))
                .put("size", Long.parseLong(parts[1]))
                .put("mode", goMode(Integer.parseInt(parts[0], HEX)))
                .put("mtime", Instant.ofEpochSecond(Long.parseLong(parts[2])).toString())
                .put("linkTarget", target);
        return Base64.getEncoder().encodeToString(stat.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** The bits of stat(2), put as those of Go's os.FileMode, which Docker's clients read. */
    static long goMode(int mode) {
        long go = mode & 0777;
        switch (mode & 0170000) {
            case 0040000 -> go |= 1L << 31; // directory
            case 0120000 -> go |= 1L << 27; // symbolic link
            case 0060000 -> go |= 1L << 26; // block device
            case 0020000 -> go |= 1L << 26 | 1L << 21; // character device
            case 0010000 -> go |= 1L << 25; // named pipe
            case 0140000 -> go |= 1L << 24; // socket
            default -> {
                // A regular file.
            }
        }
        if ((mode & 04000) != 0) {
            go |= 1L << 23;
        }
        if ((mode & 02000) != 0) {
            go |= 1L << 22;
        }
        if ((mode & 01000) != 0) {
            go |= 1L << 20;
        }
        return go;
    }

    private static String base(String path) {
        String trimmed = path.replaceFirst("/+$", "");
        return trimmed.isEmpty() ? "/" : trimmed.substring(trimmed.lastIndexOf('/') + 1);
    }

    /** {@code /a/b} is packed as b, and {@code /a/b/.} as what is in it. */
    static List<String> pack(String path) {
        String trimmed = path.replaceFirst("/+$", "");
        int slash = trimmed.lastIndexOf('/');
        String folder = slash <= 0 ? "/" : trimmed.substring(0, slash);
        String name = trimmed.isEmpty() ? "." : trimmed.substring(slash + 1);
        return List.of("tar", "-C", folder, "-cf", "-", "--", name);
    }

    Uni<Reply> get(Call call) {
        Session session = running(call);
        String path = path(call);
        return stat(session.key(), path)
                .chain(stat -> exchanges
                        .open(session.key(), new Exec(pack(path), false, true, true, false))
                        .map(process -> send(call.request().response(), stat, process)));
    }

    private static Reply send(HttpServerResponse response, String stat, RemoteProcess process) {
        Context loop = Vertx.currentContext();
        response.setChunked(true).putHeader("Content-Type", TAR).putHeader(STAT, stat);
        Pump pump = Pump.start(
                process.output().select().where(piece -> !piece.error()).map(piece -> Buffer.buffer(piece.bytes())),
                loop,
                response,
                failure -> process.exit()
                        .subscribe()
                        .with(exit -> loop.runOnContext(go -> {
                            // An archive that is not whole must not end as if it were.
                            if (exit instanceof Exit.Exited exited && exited.code() == 0) {
                                response.end();
                            } else {
                                response.reset();
                            }
                        })));
        response.closeHandler(closed -> {
            pump.stop();
            process.close();
        });
        return Reply.SENT;
    }

    Uni<Reply> put(Call call) {
        // What comes before there is a tar to take it would be lost.
        call.request().pause();
        Session session = running(call);
        String path = path(call);
        HttpServerRequest request = call.request();
        List<String> command = new ArrayList<>(List.of("tar", "-C", path, "-xf", "-"));
        if (call.isOn("noOverwriteDirNonDir")) {
            command.add("--no-overwrite-dir");
        }
        if (!call.isOn("copyUIDGID")) {
            command.add("-o");
        }
        String encoding = request.getHeader("Content-Encoding");
        if (encoding != null && !ENCODINGS.contains(encoding.toLowerCase(Locale.ROOT))) {
            throw new EngineRefusal(
                    400, "Content-Encoding: '" + Call.cut(encoding) + "' is not read here; use one of " + ENCODINGS);
        }
        Context loop = Vertx.currentContext();
        return folder(session.key(), path).chain(() -> first(request, loop)).chain(first -> {
            command.addAll(unpacking(first));
            return exchanges
                    .open(session.key(), new Exec(command, true, true, true, false))
                    .chain(process -> received(request, first, loop, process));
        });
    }

    /** The beginning of the archive, which shows how it is packed; the rest stays with the client. Empty without a body. */
    private static Uni<Buffer> first(HttpServerRequest request, Context loop) {
        return Uni.createFrom()
                .emitter(emitter -> loop.runOnContext(go -> {
                    request.handler(bytes -> {
                        request.pause();
                        emitter.complete(bytes);
                    });
                    request.endHandler(end -> emitter.complete(Buffer.buffer()));
                    request.exceptionHandler(emitter::fail);
                    request.resume();
                }));
    }

    /** Clients compress an archive without saying so (Docker Engine API, PutContainerArchive); its first bytes say it. */
    static List<String> unpacking(Buffer first) {
        if (first.length() > 2 && (first.getByte(0) & 0xff) == 0x1f && (first.getByte(1) & 0xff) == 0x8b) {
            return List.of("-z");
        } else if (begins(first, "BZh")) {
            return List.of("-j");
        } else if (begins(first, "\u00fd7zXZ")) {
            return List.of("-J");
        }
        return List.of();
    }

    private static boolean begins(Buffer first, String magic) {
        byte[] wanted = magic.getBytes(StandardCharsets.ISO_8859_1);
        return first.length() >= wanted.length && Arrays.equals(first.getBytes(0, wanted.length), wanted);
    }

    private Uni<Void> folder(SessionKey key, String path) {
        Exec exec = new Exec(
                List.of("sh", "-c", "[ -d \"$1\" ] || { [ -e \"$1\" ] && exit 2; exit 1; }", "test", path),
                false,
                true,
                true,
                false);
        return exchanges
                .run(key, exec)
                .invoke(result -> {
                    switch (result.code()) {
                        case 0 -> {}
                        case NO_COMMAND -> throw noCommand("sh and tar", result.error());
                        case 1 ->
                            throw new EngineRefusal(
                                    404,
                                    "Could not find the file " + Call.cut(path) + " in container "
                                            + ContainerId.of(key));
                        default -> throw new EngineRefusal(400, "path: " + Call.cut(path) + " is not a directory");
                    }
                })
                .replaceWithVoid();
    }

    private static void take(Buffer bytes, HttpServerRequest request, Context loop, RemoteProcess process) {
        request.pause();
        process.write(bytes.getBytes())
                .subscribe()
                .with(
                        written -> loop.runOnContext(on -> request.resume()),
                        closed -> loop.runOnContext(on -> request.resume()));
    }

    private static void closeInput(RemoteProcess process) {
        process.closeInput().subscribe().with(closed -> {}, failed -> process.close());
    }

    /** @param first what was read of it already; empty if that is all */
    private static Uni<Reply> received(HttpServerRequest request, Buffer first, Context loop, RemoteProcess process) {
        StringBuilder words = new StringBuilder();
        loop.runOnContext(go -> {
            if (first.length() == 0) {
                closeInput(process);
                return;
            }
            request.handler(bytes -> take(bytes, request, loop, process));
            request.endHandler(end -> closeInput(process));
            request.exceptionHandler(broken -> process.close());
            take(first, request, loop, process);
        });
        return process.output()
                .onItem()
                .invoke(piece -> {
                    if (words.length() < Call.MAX_WORDS) {
                        words.append(new String(piece.bytes(), StandardCharsets.UTF_8));
                    }
                })
                .onItem()
                .ignoreAsUni()
                .chain(process::exit)
                .map(exit -> {
                    if (exit instanceof Exit.Exited exited && exited.code() == 0) {
                        return Reply.status(200);
                    }
                    String why = exit instanceof Exit.Failed failed
                            ? failed.message()
                            : words.toString().strip();
                    throw new EngineRefusal(500, "the archive was not unpacked: " + why);
                });
    }
}
