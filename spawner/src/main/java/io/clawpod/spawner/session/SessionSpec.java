package io.clawpod.spawner.session;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.clawpod.common.InvalidValue;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a session shall be. Immutable and checked; made with a {@link Builder}. Its fields are exactly what decides
 * whether a repeated request asks for the same session, so nothing that differs between equal requests belongs here.
 *
 * @param group agent group id; what policies match
 * @param role role within the group
 * @param image image reference, as in a container
 * @param command replaces the image's entrypoint; empty keeps it
 * @param args replaces the image's command; empty keeps it
 * @param workdir absolute; absent keeps the image's
 * @param env literal values by name
 * @param mounts no two at one containerPath
 * @param tmpfs none at a mount's containerPath
 * @param user absent means the configured default
 * @param supplementalGroups further group ids
 * @param network the name of the network policy class that the agent falls under; absent means the default
 * @param labels the caller's own labels, verbatim
 * @param backoffLimit of a Job, how often a failed agent is tried again; 0 to {@value #MAX_BACKOFF_LIMIT}, absent for all else
 * @param stdin whether the agent's standard input is kept open for the first client that attaches
 * @param tty whether the agent gets a terminal
 */
@RegisterForReflection
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record SessionSpec(
        @Nullable String group,
        @Nullable String role,
        String image,
        List<String> command,
        List<String> args,
        @Nullable String workdir,
        SortedMap<String, String> env,
        List<Mount> mounts,
        List<Tmpfs> tmpfs,
        @Nullable User user,
        List<Long> supplementalGroups,
        Resources resources,
        Lifetime lifetime,
        Restart restart,
        @Nullable Integer backoffLimit,
        @Nullable Heartbeat heartbeat,
        Privileges privileges,
        List<HostAlias> hostAliases,
        @Nullable String network,
        SortedMap<String, String> labels,
        boolean stdin,
        boolean tty) {
    /** The greatest length of a group or role, in characters. */
    public static final int MAX_NAME_LENGTH = 253;

    /** The greatest {@link #backoffLimit}. */
    public static final int MAX_BACKOFF_LIMIT = 10;

    private static final int DEFAULT_BACKOFF_LIMIT = 3;

    /** Where {@link Resources#shmBytes} is mounted. */
    public static final String SHARED_MEMORY = "/dev/shm";

    private static final Pattern IMAGE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:/@-]{0,510}");
    // Kubernetes API, EnvVar.name: any printable ASCII but '='; ours are those that every shell can set.
    private static final Pattern ENV_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]{0,252}");

    public SessionSpec {
        requireName("group", group);
        requireName("role", role);
        if (!IMAGE.matcher(image).matches()) {
            throw new InvalidValue(
                    "image", "is not an image reference", "use [registry/]name[:tag][@digest], at most 511 characters");
        }
        if (workdir != null) {
            workdir = ContainerPath.normalise("workdir", workdir);
        }
        for (String name : env.keySet()) {
            if (!ENV_NAME.matcher(name).matches()) {
                throw new InvalidValue(
                        "env",
                        "has a name that is no variable name",
                        "use letters, digits and '_', not beginning with a digit");
            }
        }
        requireNoNul("env", env.values());
        requireNoNul("command", command);
        requireNoNul("args", args);
        requireDistinctTargets(mounts, tmpfs, resources);
        for (long gid : supplementalGroups) {
            if (gid < 0 || gid > Integer.MAX_VALUE) {
                throw new InvalidValue("supplementalGroups", "has a number out of bounds", "use 0 to 2147483647");
            }
        }
        backoffLimit = backoffLimit(restart, backoffLimit, stdin);
        command = List.copyOf(command);
        args = List.copyOf(args);
        env = Collections.unmodifiableSortedMap(new TreeMap<>(env));
        mounts = List.copyOf(mounts);
        tmpfs = List.copyOf(tmpfs);
        supplementalGroups = List.copyOf(supplementalGroups);
        hostAliases = List.copyOf(hostAliases);
        labels = Collections.unmodifiableSortedMap(new TreeMap<>(labels));
    }

    private static void requireName(String field, @Nullable String value) {
        if (value != null
                && (value.isBlank()
                        || value.length() > MAX_NAME_LENGTH
                        || value.chars().anyMatch(Character::isISOControl))) {
            throw new InvalidValue(
                    field, "is not a name", "use 1 to " + MAX_NAME_LENGTH + " characters, no control characters");
        }
    }

    private static @Nullable Integer backoffLimit(Restart restart, @Nullable Integer limit, boolean stdin) {
        if (restart != Restart.JOB) {
            if (limit != null) {
                throw new InvalidValue("backoffLimit", "is for a Job alone", "leave it out, or use restart: job");
            }
            return null;
        }
        if (stdin) {
            throw new InvalidValue(
                    "stdin",
                    "asks for a client at the agent's input, which no later try of a Job would have",
                    "leave it out, or use restart: never");
        }
        if (limit != null && (limit < 0 || limit > MAX_BACKOFF_LIMIT)) {
            throw new InvalidValue("backoffLimit", "is out of bounds", "use 0 to " + MAX_BACKOFF_LIMIT);
        }
        return limit == null ? Integer.valueOf(DEFAULT_BACKOFF_LIMIT) : limit;
    }

    private static void requireNoNul(String field, Iterable<String> values) {
        for (String value : values) {
            if (value.indexOf('\0') >= 0) {
                throw new InvalidValue(field, "has a NUL character", "leave it out");
            }
        }
    }

    private static void requireDistinctTargets(List<Mount> mounts, List<Tmpfs> tmpfs, Resources resources) {
        Set<String> targets = new HashSet<>();
        for (int i = 0; i < mounts.size(); i++) {
            if (!targets.add(mounts.get(i).containerPath())) {
                throw new InvalidValue(
                        "mounts[" + i + "].containerPath", "is mounted twice", "mount one thing at one path");
            }
        }
        for (int i = 0; i < tmpfs.size(); i++) {
            if (!targets.add(tmpfs.get(i).path())) {
                throw new InvalidValue("tmpfs[" + i + "].path", "is mounted twice", "mount one thing at one path");
            }
        }
        if (resources.shmBytes() != null && targets.contains(SHARED_MEMORY)) {
            throw new InvalidValue(
                    "resources.shmSize", "is for a path that is mounted already", "leave out one of the two");
        }
    }

    public static Builder builder(String image) {
        return new Builder(image);
    }

    /** Collects a spec's fields; not thread-safe. */
    public static final class Builder {
        private final String image;
        private @Nullable String group;
        private @Nullable String role;
        private List<String> command = List.of();
        private List<String> args = List.of();
        private @Nullable String workdir;
        private final TreeMap<String, String> env = new TreeMap<>();
        private final List<Mount> mounts = new ArrayList<>();
        private final List<Tmpfs> tmpfs = new ArrayList<>();
        private @Nullable User user;
        private final List<Long> supplementalGroups = new ArrayList<>();
        private Resources resources = Resources.UNSET;
        private Lifetime lifetime = Lifetime.UNSET;
        private Restart restart = Restart.NEVER;
        private @Nullable Integer backoffLimit;
        private @Nullable Heartbeat heartbeat;
        private Privileges privileges = Privileges.NONE;
        private final List<HostAlias> hostAliases = new ArrayList<>();
        private @Nullable String network;
        private final TreeMap<String, String> labels = new TreeMap<>();
        private boolean stdin;
        private boolean tty;

        private Builder(String image) {
            this.image = image;
        }

        public Builder group(@Nullable String value) {
            group = value;
            return this;
        }

        public Builder role(@Nullable String value) {
            role = value;
            return this;
        }

        public Builder command(List<String> value) {
            command = value;
            return this;
        }

        public Builder args(List<String> value) {
            args = value;
            return this;
        }

        public Builder workdir(@Nullable String value) {
            workdir = value;
            return this;
        }

        public Builder env(String name, String value) {
            env.put(name, value);
            return this;
        }

        public Builder env(Map<String, String> values) {
            env.putAll(values);
            return this;
        }

        public Builder mount(Mount value) {
            mounts.add(value);
            return this;
        }

        public Builder tmpfs(Tmpfs value) {
            tmpfs.add(value);
            return this;
        }

        public Builder user(@Nullable User value) {
            user = value;
            return this;
        }

        public Builder supplementalGroup(long value) {
            supplementalGroups.add(value);
            return this;
        }

        public Builder resources(Resources value) {
            resources = value;
            return this;
        }

        public Builder lifetime(Lifetime value) {
            lifetime = value;
            return this;
        }

        public Builder restart(Restart value) {
            restart = value;
            return this;
        }

        public Builder backoffLimit(@Nullable Integer value) {
            backoffLimit = value;
            return this;
        }

        public Builder heartbeat(@Nullable Heartbeat value) {
            heartbeat = value;
            return this;
        }

        public Builder privileges(Privileges value) {
            privileges = value;
            return this;
        }

        public Builder hostAlias(HostAlias value) {
            hostAliases.add(value);
            return this;
        }

        public Builder network(@Nullable String value) {
            network = value;
            return this;
        }

        public Builder label(String name, String value) {
            labels.put(name, value);
            return this;
        }

        public Builder stdin(boolean value) {
            stdin = value;
            return this;
        }

        public Builder tty(boolean value) {
            tty = value;
            return this;
        }

        /** @throws InvalidValue if the spec cannot be held; its field is a path such as {@code mounts[2].containerPath} */
        public SessionSpec build() {
            return new SessionSpec(
                    group,
                    role,
                    image,
                    command,
                    args,
                    workdir,
                    env,
                    mounts,
                    tmpfs,
                    user,
                    supplementalGroups,
                    resources,
                    lifetime,
                    restart,
                    backoffLimit,
                    heartbeat,
                    privileges,
                    hostAliases,
                    network,
                    labels,
                    stdin,
                    tty);
        }
    }
}
