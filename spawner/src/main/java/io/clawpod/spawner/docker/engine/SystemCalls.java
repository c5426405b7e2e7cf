package io.clawpod.spawner.docker.engine;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clawpod.spawner.session.Session;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** What clients ask about the daemon as a whole. */
final class SystemCalls {
    private final Containers containers;
    private final EngineEvents events;
    private final Clock clock;
    private final String version;

    SystemCalls(Containers containers, EngineEvents events, Clock clock, String version) {
        this.containers = containers;
        this.events = events;
        this.clock = clock;
        this.version = version;
    }

    Uni<Reply> ping(Call call) {
        return Uni.createFrom().item(Reply.text("OK"));
    }

    Uni<Reply> version(Call call) {
        ObjectNode shown = Json.object();
        shown.putObject("Platform").put("Name", "Clawpod");
        ObjectNode engine = shown.putArray("Components").addObject();
        engine.put("Name", "Clawpod spawner").put("Version", version);
        engine.putObject("Details")
                .put("ApiVersion", ApiVersion.GREATEST.toString())
                .put("MinAPIVersion", ApiVersion.LEAST.toString())
                .put("Os", "linux");
        shown.put("Version", version)
                .put("ApiVersion", ApiVersion.GREATEST.toString())
                .put("MinAPIVersion", ApiVersion.LEAST.toString())
                .put("GitCommit", "")
                .put("GoVersion", "")
                .put("Os", "linux")
                .put("Arch", architecture())
                .put("KernelVersion", "")
                .put("BuildTime", "");
        return Uni.createFrom().item(Reply.json(shown));
    }

    private static String architecture() {
        String arch = System.getProperty("os.arch", "");
        return arch.equals("aarch64") ? "arm64" : arch;
    }

    Uni<Reply> info(Call call) {
        List<Session> all = containers.all();
        long running = all.stream().filter(Session::isRunning).count();
        long ended = all.stream().filter(Session::hasEnded).count();
        ObjectNode info = Json.object()
                .put("ID", "clawpod")
                .put("Name", "clawpod")
                .put("Containers", all.size())
                .put("ContainersRunning", running)
                .put("ContainersPaused", 0)
                .put("ContainersStopped", ended)
                .put("Images", images(all).size())
                .put("Driver", "kubernetes")
                .put("LoggingDriver", "json-file")
                .put("CgroupDriver", "systemd")
                .put("CgroupVersion", "2")
                .put("MemoryLimit", true)
                .put("SwapLimit", false)
                .put("CpuCfsPeriod", true)
                .put("CpuCfsQuota", true)
                .put("PidsLimit", false)
                .put("OomKillDisable", false)
                .put("IPv4Forwarding", true)
                .put("Debug", false)
                .put("SystemTime", clock.instant().toString())
                .put("KernelVersion", "")
                .put("OperatingSystem", "Kubernetes, by Clawpod")
                .put("OSType", "linux")
                .put("Architecture", System.getProperty("os.arch", ""))
                .put("NCPU", 0)
                .put("MemTotal", 0)
                .put("DockerRootDir", "")
                .put("ServerVersion", version)
                .put("DefaultRuntime", "kubernetes")
                .put("ExperimentalBuild", false)
                .put("LiveRestoreEnabled", false)
                .put("IndexServerAddress", "")
                .put("HttpProxy", "")
                .put("HttpsProxy", "")
                .put("NoProxy", "")
                .put("InitBinary", "");
        info.putArray("DriverStatus");
        info.putObject("Plugins").set("Log", Json.array(List.of("json-file")));
        info.putObject("RegistryConfig").putObject("IndexConfigs");
        info.putObject("Runtimes").putObject("kubernetes");
        info.putObject("Swarm")
                .put("NodeID", "")
                .put("LocalNodeState", "inactive")
                .put("ControlAvailable", false);
        info.set("SecurityOptions", Json.array(List.of("name=seccomp,profile=builtin")));
        info.putArray("Labels");
        info.putArray("Warnings");
        return Uni.createFrom().item(Reply.json(info));
    }

    static Set<String> images(List<Session> sessions) {
        Set<String> images = new TreeSet<>();
        sessions.forEach(session -> images.add(session.image()));
        return images;
    }

    /** Docker Engine API, SystemDataUsage: what a pod takes on its node, only the node knows. */
    Uni<Reply> diskUsage(Call call) {
        ObjectNode usage = Json.object().put("LayersSize", 0);
        usage.putArray("Images");
        usage.putArray("Containers");
        usage.putArray("Volumes");
        usage.putArray("BuildCache");
        return Uni.createFrom().item(Reply.json(usage));
    }

    Uni<Reply> networks(Call call) {
        call.filters(Set.of("dangling", "driver", "id", "label", "name", "scope", "type"));
        ArrayNode networks = Json.array();
        networks.add(network());
        return Uni.createFrom().item(Reply.json(networks));
    }

    /** What Docker's clients call the one network that all pods are in; who reaches whom is for its policies to say. */
    private static ObjectNode network() {
        ObjectNode network = Json.object()
                .put("Name", "default")
                .put("Id", "default")
                .put("Created", Instant.EPOCH.toString())
                .put("Scope", "global")
                .put("Driver", "kubernetes")
                .put("EnableIPv6", false)
                .put("Internal", false)
                .put("Attachable", false)
                .put("Ingress", false);
        network.putObject("IPAM").put("Driver", "kubernetes").putArray("Config");
        network.putObject("Containers");
        network.putObject("Options");
        network.putObject("Labels");
        return network;
    }

    Uni<Reply> network(Call call) {
        if (!Set.of("default", "bridge").contains(call.part("id"))) {
            throw new EngineRefusal(404, "network " + Call.cut(call.part("id")) + " not found");
        }
        return Uni.createFrom().item(Reply.json(network()));
    }

    Uni<Reply> volumes(Call call) {
        call.filters(Set.of("dangling", "driver", "label", "name"));
        ObjectNode volumes = Json.object();
        volumes.putArray("Volumes");
        volumes.set(
                "Warnings",
                Json.array(List.of(
                        "volumes are the cluster's claims and exports: kubectl get pvc lists them, and docker inspect shows"
                                + " what a session mounts")));
        return Uni.createFrom().item(Reply.json(volumes));
    }

    /** Not refused as a whole: {@code docker inspect} looks here for a name that is no container's. */
    Uni<Reply> volume(Call call) {
        return Uni.createFrom()
                .failure(() -> new EngineRefusal(
                        404,
                        "get " + Call.cut(call.part("id"))
                                + ": no such volume; volumes are the cluster's: kubectl get pvc lists them"));
    }

    Uni<Reply> events(Call call) {
        Filters filters = call.filters(EngineEvents.FILTERS);
        Instant since = call.time("since");
        Instant until = call.time("until");
        Context loop = Vertx.currentContext();
        HttpServerResponse response = call.request().response();
        response.setChunked(true).putHeader("Content-Type", "application/json");
        response.write("");
        AtomicBoolean open = new AtomicBoolean(true);
        Consumer<EngineEvents.Happening> reader = happening -> {
            boolean wanted = happening.matches(filters)
                    && (until == null || !happening.at().isAfter(until));
            if (wanted) {
                String line = happening.shown() + "\n";
                loop.runOnContext(go -> write(response, line, open));
            }
        };
        Runnable end = events.read(since, reader);
        response.closeHandler(closed -> {
            open.set(false);
            end.run();
        });
        if (until != null) {
            endAt(until, loop, () -> {
                end.run();
                if (open.compareAndSet(true, false)) {
                    response.end();
                }
            });
        }
        return Uni.createFrom().item(Reply.SENT);
    }

    /** A reader that does not read is cut off: what waits for it would fill the memory. */
    private static void write(HttpServerResponse response, String line, AtomicBoolean open) {
        if (!open.get()) {
            return;
        }
        if (response.writeQueueFull()) {
            open.set(false);
            response.reset();
            return;
        }
        response.write(line);
    }

    private void endAt(Instant until, Context loop, Runnable end) {
        Duration left = Duration.between(clock.instant(), until);
        loop.owner().setTimer(Math.max(1, left.toMillis()), timer -> end.run());
    }
}
