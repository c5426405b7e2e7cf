package io.clawpod.spawner.api;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.session.FileContent;
import io.clawpod.spawner.session.Heartbeat;
import io.clawpod.spawner.session.Heartbeat.OnStale;
import io.clawpod.spawner.session.HostAlias;
import io.clawpod.spawner.session.Lifetime;
import io.clawpod.spawner.session.Mount;
import io.clawpod.spawner.session.Privileges;
import io.clawpod.spawner.session.Resources;
import io.clawpod.spawner.session.Restart;
import io.clawpod.spawner.session.SessionSpec;
import io.clawpod.spawner.session.Tmpfs;
import io.clawpod.spawner.session.User;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A session spec as callers write it: JSON with only {@code image} required. */
@RegisterForReflection
@Schema(name = "SessionSpec", description = "What a session shall be. Only image is required.")
record SessionRequest(
        @Nullable String group,
        @Nullable String role,
        @Schema(required = true) @Nullable String image,
        @Nullable List<@Nullable String> command,
        @Nullable List<@Nullable String> args,
        @Nullable String workdir,
        @Nullable Map<String, @Nullable String> env,
        @Nullable List<@Nullable MountRequest> mounts,
        @Nullable List<@Nullable TmpfsRequest> tmpfs,

        @Schema(description = "uid[:gid]", examples = "1000:1000") @Nullable
        String user,

        @Nullable List<@Nullable Long> supplementalGroups,
        @Nullable ResourcesRequest resources,
        @Nullable LifetimeRequest lifetime,

        @Schema(enumeration = {"never", "on-failure", "job"}) @Nullable
        String restart,

        @Schema(
                description = "Of restart job: how often a failed agent is tried again. 3 if absent.",
                minimum = "0",
                maximum = "10")
        @Nullable
        Integer backoffLimit,

        @Nullable HeartbeatRequest heartbeat,
        @Nullable PrivilegesRequest privileges,
        @Nullable List<@Nullable HostAliasRequest> hostAliases,
        @Nullable String network,
        @Nullable Map<String, @Nullable String> labels,
        @Nullable Boolean stdin,
        @Nullable Boolean tty) {

    @RegisterForReflection
    @Schema(name = "Mount")
    record MountRequest(
            @Nullable String hostPath,
            @Nullable String containerPath,
            @Nullable Boolean readOnly,

            @Schema(
                    description = "Of a small file that is sent along and mounted read-only: base64, at most 256 KiB of"
                            + " bytes. Nothing need be at hostPath then.")
            @Nullable
            String content) {
        /** Without the content, which may be a secret. */
        @Override
        public String toString() {
            return "MountRequest[hostPath=" + hostPath + ", containerPath=" + containerPath + "]";
        }
    }

    @RegisterForReflection
    @Schema(name = "Tmpfs")
    record TmpfsRequest(
            @Nullable String path,
            @Schema(examples = "64Mi") @Nullable String size) {}

    @RegisterForReflection
    @Schema(name = "Resources", description = "Kubernetes quantities.")
    record ResourcesRequest(
            @Schema(examples = "500m") @Nullable String cpu,
            @Schema(examples = "1Gi") @Nullable String memory,
            @Nullable String ephemeralStorage,
            @Nullable String shmSize,
            @Nullable Long pids) {}

    @RegisterForReflection
    @Schema(name = "Lifetime", description = "ISO 8601 durations.")
    record LifetimeRequest(
            @Schema(examples = "PT1H") @Nullable String deadline,
            @Nullable String idle,
            @Nullable String retention) {}

    @RegisterForReflection
    @Schema(name = "Heartbeat")
    record HeartbeatRequest(
            @Schema(examples = "/workspace/.heartbeat") @Nullable
            String file,

            @Schema(examples = "PT30M") @Nullable String maxAge,

            @Schema(
                    enumeration = {"report", "end"},
                    description = "What happens once the file is older than maxAge")
            @Nullable
            String onStale) {}

    @RegisterForReflection
    @Schema(name = "Privileges")
    record PrivilegesRequest(
            @Nullable List<@Nullable String> addCapabilities,
            @Nullable Boolean readOnlyRootFilesystem) {}

    @RegisterForReflection
    @Schema(name = "HostAlias")
    record HostAliasRequest(
            @Nullable String hostname,

            @Schema(description = "An IP address, or host-gateway for the credential proxy.") @Nullable
            String address) {}

    /** @throws InvalidValue if the spec cannot be held; its field is a path such as {@code mounts[2].containerPath} */
    SessionSpec toSpec() {
        SessionSpec.Builder spec = SessionSpec.builder(require("image", image))
                .group(group)
                .role(role)
                .command(texts("command", command))
                .args(texts("args", args))
                .workdir(workdir)
                .user(user == null ? null : User.parse(user))
                .restart(restart(restart))
                .backoffLimit(backoffLimit)
                .network(network)
                .stdin(Boolean.TRUE.equals(stdin))
                .tty(Boolean.TRUE.equals(tty));
        orEmpty(env).forEach((name, value) -> spec.env(name, require("env." + name, value)));
        orEmpty(labels).forEach((name, value) -> spec.label(name, require("labels." + name, value)));
        each("mounts", mounts, SessionRequest::mount).forEach(spec::mount);
        each("tmpfs", tmpfs, t -> new Tmpfs(require("path", t.path), Quantities.bytes("size", t.size)))
                .forEach(spec::tmpfs);
        each(
                        "hostAliases",
                        hostAliases,
                        a -> new HostAlias(require("hostname", a.hostname), require("address", a.address)))
                .forEach(spec::hostAlias);
        each("supplementalGroups", supplementalGroups, gid -> gid).forEach(spec::supplementalGroup);
        within("resources", resources, SessionRequest::resources, spec::resources);
        within("lifetime", lifetime, SessionRequest::lifetime, spec::lifetime);
        within("heartbeat", heartbeat, SessionRequest::heartbeat, spec::heartbeat);
        within("privileges", privileges, SessionRequest::privileges, spec::privileges);
        return spec.build();
    }

    private static Mount mount(MountRequest request) {
        return new Mount(
                require("hostPath", request.hostPath),
                require("containerPath", request.containerPath),
                Boolean.TRUE.equals(request.readOnly),
                request.content == null ? null : FileContent.ofBase64(request.content));
    }

    private static Resources resources(ResourcesRequest request) {
        return new Resources(
                Quantities.cpuMillis("cpu", request.cpu),
                Quantities.bytes("memory", request.memory),
                Quantities.bytes("ephemeralStorage", request.ephemeralStorage),
                Quantities.bytes("shmSize", request.shmSize),
                request.pids);
    }

    private static Lifetime lifetime(LifetimeRequest request) {
        return new Lifetime(
                duration("deadline", request.deadline),
                duration("idle", request.idle),
                duration("retention", request.retention));
    }

    private static Heartbeat heartbeat(HeartbeatRequest request) {
        return new Heartbeat(
                require("file", request.file), duration("maxAge", request.maxAge), onStale(request.onStale));
    }

    private static @Nullable OnStale onStale(@Nullable String text) {
        return text == null
                ? null
                : OnStale.ofCode(text)
                        .orElseThrow(() -> new InvalidValue("onStale", "is not known", "use report or end"));
    }

    private static Privileges privileges(PrivilegesRequest request) {
        return new Privileges(
                Set.copyOf(texts("addCapabilities", request.addCapabilities)),
                Boolean.TRUE.equals(request.readOnlyRootFilesystem));
    }

    private static Restart restart(@Nullable String text) {
        return switch (text == null ? "never" : text) {
            case "never" -> Restart.NEVER;
            case "on-failure" -> Restart.ON_FAILURE;
            case "job" -> Restart.JOB;
            default -> throw new InvalidValue("restart", "is no restart policy", "use never, on-failure or job");
        };
    }

    static @Nullable Duration duration(String field, @Nullable String text) {
        try {
            return text == null ? null : Duration.parse(text);
        } catch (DateTimeParseException | ArithmeticException e) {
            throw new InvalidValue(field, "is no duration", "use ISO 8601, such as PT30M or PT10S");
        }
    }

    private static <T> T require(String field, @Nullable T value) {
        if (value == null) {
            throw new InvalidValue(field, "is missing", "give it a value");
        }
        return value;
    }

    private static <T> Map<String, @Nullable T> orEmpty(@Nullable Map<String, @Nullable T> map) {
        return map == null ? Map.of() : map;
    }

    private static List<String> texts(String field, @Nullable List<@Nullable String> list) {
        return each(field, list, text -> text);
    }

    private static <A, B> List<B> each(String field, @Nullable List<@Nullable A> list, Function<A, B> read) {
        if (list == null) {
            return List.of();
        }
        List<B> values = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            String item = field + "[" + i + "]";
            A value = require(item, list.get(i));
            try {
                values.add(read.apply(value));
            } catch (InvalidValue fault) {
                throw fault.under(item);
            }
        }
        return values;
    }

    private static <A, B> void within(String field, @Nullable A value, Function<A, B> read, Consumer<B> take) {
        if (value != null) {
            try {
                take.accept(read.apply(value));
            } catch (InvalidValue fault) {
                throw fault.under(field);
            }
        }
    }
}
