package io.clawpod.spawner.docker.engine;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clawpod.spawner.session.Reason;
import io.clawpod.spawner.session.Restart;
import io.clawpod.spawner.session.Session;
import io.clawpod.spawner.session.SessionDetail;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** {@code docker inspect} (Docker Engine API, ContainerInspect). Pure. */
final class Inspection {
    private static final String NEVER = "0001-01-01T00:00:00Z";
    private static final long NANOS_PER_MILLI_CPU = 1_000_000;

    private Inspection() {}

    /** @param detail absent once the pod is gone */
    static ObjectNode of(Session session, @Nullable SessionDetail detail) {
        List<String> words = detail == null
                ? List.of()
                : Stream.concat(detail.command().stream(), detail.args().stream())
                        .toList();
        ObjectNode shown = Json.object()
                .put("Id", ContainerId.of(session.key()))
                .put("Created", session.createdAt().toString())
                .put("Path", words.isEmpty() ? "" : words.get(0));
        shown.set("Args", Json.array(words.isEmpty() ? words : words.subList(1, words.size())));
        shown.set("State", state(session));
        shown.put("Image", detail == null || detail.imageId() == null ? "" : detail.imageId())
                .put("ResolvConfPath", "")
                .put("HostnamePath", "")
                .put("HostsPath", "")
                .put("LogPath", "")
                .put("Name", "/" + session.key().key())
                .put("RestartCount", detail == null ? 0 : detail.restartCount())
                .put("Driver", "kubernetes")
                .put("Platform", "linux")
                .put("MountLabel", "")
                .put("ProcessLabel", "")
                .put("AppArmorProfile", "")
                .putNull("ExecIDs");
        shown.set("HostConfig", hostConfig(session, detail));
        shown.putObject("GraphDriver").put("Name", "kubernetes").putNull("Data");
        shown.set("Mounts", mounts(detail));
        shown.set("Config", config(session, detail));
        shown.set("NetworkSettings", network(session));
        ObjectNode pod = shown.putObject("Pod");
        pod.put("Namespace", session.pod().namespace())
                .put("Name", session.pod().name())
                .put("Uid", session.pod().uid())
                .put("Node", session.pod().node());
        return shown;
    }

    private static ObjectNode state(Session session) {
        boolean ended = session.hasEnded();
        Ends.End end = ended ? Ends.of(session) : new Ends.End(0, null);
        String error = end.error();
        if (!ended && session.state() != io.clawpod.spawner.session.SessionState.RUNNING && session.message() != null) {
            error = session.message();
        }
        ObjectNode state = Json.object()
                .put("Status", States.name(session))
                .put("Running", States.name(session).equals("running"))
                .put("Paused", false)
                .put("Restarting", States.name(session).equals("restarting"))
                .put("OOMKilled", session.reason() == Reason.OOM_KILLED)
                .put("Dead", false)
                // Which process it is only its node knows.
                .put("Pid", 0)
                .put("ExitCode", end.code())
                .put("Error", error == null ? "" : error)
                .put("StartedAt", time(session.startedAt()))
                .put("FinishedAt", time(session.endedAt()));
        if (session.reason() != null) {
            state.put("Reason", session.reason().code());
        }
        if (session.health() != Session.Health.NONE) {
            state.set("Health", health(session));
        }
        return state;
    }

    /** Docker's health check is the heartbeat here; what it last found is when the agent last gave one. */
    private static ObjectNode health(Session session) {
        ObjectNode health = Json.object().put("Status", Listing.health(session)).put("FailingStreak", 0);
        ArrayNode log = health.putArray("Log");
        Instant last = session.signs().lastHeartbeat();
        if (last != null) {
            log.addObject()
                    .put("Start", last.toString())
                    .put("End", last.toString())
                    .put("ExitCode", 0)
                    .put("Output", "heartbeat");
        }
        return health;
    }

    private static String time(@Nullable Instant time) {
        return time == null ? NEVER : time.toString();
    }

    private static ObjectNode hostConfig(Session session, @Nullable SessionDetail detail) {
        ObjectNode host = Json.object().put("NetworkMode", "default");
        host.put("AutoRemove", session.container().autoRemove()).put("Privileged", false);
        host.putObject("RestartPolicy")
                .put("Name", detail != null && detail.restart() == Restart.ON_FAILURE ? "on-failure" : "no")
                .put("MaximumRetryCount", 0);
        host.putObject("LogConfig").put("Type", "json-file").putObject("Config");
        if (detail == null) {
            return host;
        }
        host.put("Memory", detail.memoryBytes() == null ? 0 : detail.memoryBytes())
                .put("NanoCpus", detail.cpuMillis() == null ? 0 : detail.cpuMillis() * NANOS_PER_MILLI_CPU)
                .put("ReadonlyRootfs", detail.readOnlyRoot());
        List<String> binds = new ArrayList<>();
        for (SessionDetail.Volume mount : detail.mounts()) {
            if (!mount.kind().equals("memory")) {
                binds.add(source(mount) + ":" + mount.containerPath() + (mount.readOnly() ? ":ro" : ""));
            }
        }
        host.set("Binds", Json.array(binds));
        List<String> hosts = new ArrayList<>();
        detail.hostAliases().forEach((address, names) -> names.forEach(name -> hosts.add(name + ":" + address)));
        host.set("ExtraHosts", Json.array(hosts));
        return host;
    }

    private static String source(SessionDetail.Volume mount) {
        return mount.kind() + "/" + mount.source() + (mount.subPath().isEmpty() ? "" : "/" + mount.subPath());
    }

    private static ArrayNode mounts(@Nullable SessionDetail detail) {
        ArrayNode mounts = Json.array();
        if (detail == null) {
            return mounts;
        }
        for (SessionDetail.Volume mount : detail.mounts()) {
            String type = switch (mount.kind()) {
                case "memory" -> "tmpfs";
                case "hostPath" -> "bind";
                default -> "volume";
            };
            mounts.addObject()
                    .put("Type", type)
                    .put("Name", mount.kind().equals("claim") ? mount.source() : "")
                    .put("Source", mount.kind().equals("memory") ? "" : source(mount))
                    .put("Destination", mount.containerPath())
                    .put("Driver", type.equals("volume") ? "kubernetes" : "")
                    .put("Mode", mount.readOnly() ? "ro" : "")
                    .put("RW", !mount.readOnly())
                    .put("Propagation", "");
        }
        return mounts;
    }

    private static ObjectNode config(Session session, @Nullable SessionDetail detail) {
        ObjectNode config = Json.object()
                .put("Hostname", session.pod().name())
                .put("Domainname", "")
                .put("User", detail == null ? "" : detail.user())
                .put("AttachStdin", session.container().stdin())
                .put("AttachStdout", true)
                .put("AttachStderr", true)
                .put("Tty", session.container().tty())
                .put("OpenStdin", session.container().stdin())
                .put("StdinOnce", session.container().stdin())
                .put("Image", session.image())
                .put("WorkingDir", detail == null ? "" : Objects.requireNonNullElse(detail.workdir(), ""));
        List<String> env = new ArrayList<>();
        if (detail != null) {
            detail.env().forEach((name, value) -> env.add(name + "=" + value));
        }
        config.set("Env", Json.array(env));
        config.set("Labels", Json.object(session.labels()));
        config.putNull("Volumes");
        if (detail == null || detail.command().isEmpty()) {
            config.putNull("Entrypoint");
        } else {
            config.set("Entrypoint", Json.array(detail.command()));
        }
        config.set("Cmd", detail == null ? Json.array() : Json.array(detail.args()));
        return config;
    }

    private static ObjectNode network(Session session) {
        String address = session.pod().ip() == null ? "" : session.pod().ip();
        ObjectNode network =
                Json.object().put("SandboxID", "").put("IPAddress", address).put("Gateway", "");
        network.putObject("Ports");
        network.putObject("Networks")
                .putObject("default")
                .put("NetworkID", "default")
                .put("IPAddress", address)
                .put("Gateway", "");
        return network;
    }
}
