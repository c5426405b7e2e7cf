package io.clawpod.spawner.docker;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.InstallSlug;
import io.clawpod.common.InvalidValue;
import io.clawpod.common.SessionKey;
import io.clawpod.spawner.docker.ArgvReader.Fault;
import io.clawpod.spawner.docker.ArgvReader.Reading;
import io.clawpod.spawner.docker.Flag.Kind;
import io.clawpod.spawner.docker.Flag.Option;
import io.clawpod.spawner.session.Heartbeat;
import io.clawpod.spawner.session.Mount;
import io.clawpod.spawner.session.Privileges;
import io.clawpod.spawner.session.Resources;
import io.clawpod.spawner.session.SessionSpec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Translates the argv of {@code docker run} into the session that it asks for. Flags have the meaning of Docker 28's
 * command line (docs.docker.com/reference/cli/docker/container/run). Thread-safe if its supplier is.
 */
public final class DockerRun {
    /** The greatest number of argv elements. */
    public static final int MAX_ELEMENTS = 10_000;

    private static final String IMAGE = "IMAGE";
    private static final String COMMAND = "COMMAND";
    private static final String WORKSPACE = "/workspace";

    // A v2 host keeps a session's folder at <root>/data/v2-sessions/<group>/<session>.
    private static final Pattern SESSION_FOLDER = Pattern.compile(".*/data/v2-sessions/([^/]+)/[^/]+");

    private final @Nullable InstallSlug defaultInstall;
    private final @Nullable Heartbeat heartbeat;
    private final Supplier<String> names;

    /**
     * @param defaultInstall of a session that names none, as those of v1 hosts; absent means that it must be named
     * @param heartbeat of sessions that have something mounted at /workspace; absent for none
     * @param names gives a new name for each session that has none
     */
    public DockerRun(@Nullable InstallSlug defaultInstall, @Nullable Heartbeat heartbeat, Supplier<String> names) {
        this.defaultInstall = defaultInstall;
        this.heartbeat = heartbeat;
        this.names = names;
    }

    /**
     * The install of a session that names none, or none.
     *
     * @throws InvalidValue whose field is the setting's full name
     */
    public static @Nullable InstallSlug defaultInstall(DockerSettings settings) {
        try {
            return settings.defaultInstall().map(InstallSlug::new).orElse(null);
        } catch (InvalidValue invalid) {
            throw new InvalidValue("clawpod.docker.default-install", invalid.fault(), invalid.remedy());
        }
    }

    /**
     * The heartbeat of sessions that have something mounted at /workspace, or none.
     *
     * @throws InvalidValue whose field is the setting's full name
     */
    public static @Nullable Heartbeat heartbeat(DockerSettings settings) {
        try {
            return settings.heartbeatFile().map(Heartbeat::ofFile).orElse(null);
        } catch (InvalidValue invalid) {
            throw new InvalidValue("clawpod.docker.heartbeat-file", invalid.fault(), invalid.remedy());
        }
    }

    /** @param argv from {@code run} on; {@code docker} and {@code container} may stand before it */
    public Translation translate(List<String> argv) {
        Draft draft = new Draft();
        int start = afterRun(argv);
        if (start < 0 || argv.size() > MAX_ELEMENTS) {
            InvalidValue why = start < 0
                    ? new InvalidValue("", "does not begin with run", "send what follows docker: run, flags, image")
                    : new InvalidValue("", "has too many elements", "send at most " + MAX_ELEMENTS);
            draft.refuse("run", null, start < 0 && !argv.isEmpty() ? 0 : null, ErrorCode.INVALID_SPEC, why);
            return refused(draft);
        }
        Reading reading = ArgvReader.read(argv, start);
        for (Fault fault : reading.faults()) {
            draft.refuse(fault.flag(), null, fault.index(), fault.code(), fault.why());
        }
        apply(reading.options(), draft);
        finish(draft);
        SessionSpec spec = spec(argv, reading, draft);
        SessionKey key = key(draft);
        Translation.Refused refused = draft.refused();
        return refused != null || spec == null || key == null
                ? refused(draft)
                : new Translation.Translated(key, spec, draft.report());
    }

    private static Translation.Refused refused(Draft draft) {
        Translation.Refused refused = draft.refused();
        if (refused == null) {
            throw new IllegalStateException("an argv without a session and without a reason");
        }
        return refused;
    }

    private static int afterRun(List<String> argv) {
        int at = !argv.isEmpty() && argv.get(0).equals("docker") ? 1 : 0;
        if (at < argv.size() && argv.get(at).equals("container")) {
            at++;
        }
        return at < argv.size() && argv.get(at).equals("run") ? at + 1 : -1;
    }

    private static void apply(List<Option> options, Draft draft) {
        Map<String, Option> last = new HashMap<>();
        for (Option option : options) {
            last.put(option.flag().name(), option);
        }
        for (Option option : options) {
            Option holding = last.get(option.flag().name());
            if (option.flag().kind() != Kind.LIST && holding != null && !holding.equals(option)) {
                draft.changed(option, "replaced by argv[" + holding.index() + "], as with Docker");
            } else {
                try {
                    option.flag().handler().apply(option, draft);
                } catch (InvalidValue invalid) {
                    draft.invalid(option, invalid);
                }
            }
        }
    }

    private void finish(Draft draft) {
        try {
            ResourceFlags.finish(draft);
        } catch (InvalidValue invalid) {
            if (draft.memorySwap != null) {
                draft.invalid(draft.memorySwap, invalid);
            }
        }
        LifeFlags.finish(draft);
        if (draft.user == null) {
            draft.changed("--user", null, "not given, so the agent runs as the configured user, not as the image's");
        }
        if (draft.group == null) {
            groupFromWorkspace(draft);
        }
        Option workspace = draft.mountedBy(WORKSPACE);
        if (heartbeat != null && workspace != null) {
            draft.heartbeat = heartbeat;
            draft.mapped(workspace, "as it is there, the session's heartbeat is the file " + heartbeat.file());
        }
    }

    private static void groupFromWorkspace(Draft draft) {
        for (Mount mount : draft.mounts) {
            Matcher folder = SESSION_FOLDER.matcher(mount.hostPath());
            Option option = draft.mountedBy(WORKSPACE);
            if (mount.containerPath().equals(WORKSPACE) && folder.matches() && option != null) {
                draft.group = folder.group(1);
                draft.mapped(option, "names the agent group by its folder: " + folder.group(1));
            }
        }
    }

    private @Nullable SessionKey key(Draft draft) {
        InstallSlug install = draft.install;
        if (install == null) {
            install = defaultInstall;
            if (install == null) {
                draft.refuse(
                        "--label",
                        null,
                        null,
                        ErrorCode.INVALID_SPEC,
                        new InvalidValue(
                                "",
                                "does not name the install",
                                "send --label nanoclaw-install=<slug>, or configure a default install"));
                return null;
            }
            draft.changed("--label", install.value(), "no nanoclaw-install given, so the configured install holds");
        }
        String name = draft.name;
        if (name == null) {
            name = names.get();
            draft.changed("--name", name, "not given, so a name was chosen: repeating the call makes another session");
        }
        return new SessionKey(install, name);
    }

    private static @Nullable SessionSpec spec(List<String> argv, Reading reading, Draft draft) {
        Integer at = reading.image();
        if (at == null) {
            if (reading.whole()) {
                draft.refuse(
                        IMAGE,
                        null,
                        null,
                        ErrorCode.INVALID_SPEC,
                        new InvalidValue("", "is missing", "write the image after the flags"));
            }
            return null;
        }
        String image = argv.get(at);
        try {
            SessionSpec.builder(image).build();
        } catch (InvalidValue invalid) {
            // Not shown: what stands at the image's place may be a misplaced value.
            draft.refuse(
                    IMAGE, null, at, ErrorCode.INVALID_SPEC, new InvalidValue("", invalid.fault(), invalid.remedy()));
            return null;
        }
        draft.mapped(IMAGE, image, at, "image");
        SessionSpec.Builder builder = SessionSpec.builder(image);
        List<String> words = argv.subList(at + 1, argv.size());
        try {
            if (!command(words, at + 1, draft, builder)) {
                return null;
            }
            fill(builder, draft);
            return builder.build();
        } catch (InvalidValue invalid) {
            draft.refuse(COMMAND, null, words.isEmpty() ? at : at + 1, ErrorCode.INVALID_SPEC, invalid);
            return null;
        }
    }

    /** Docker: an entrypoint given by flag replaces the image's entrypoint and drops its command. */
    private static boolean command(List<String> words, int index, Draft draft, SessionSpec.Builder builder) {
        Option entrypoint = draft.entrypoint;
        if (entrypoint == null) {
            builder.args(words);
        } else if (!entrypoint.value().isEmpty()) {
            builder.command(List.of(entrypoint.value())).args(words);
        } else if (words.isEmpty()) {
            draft.invalid(
                    entrypoint,
                    new InvalidValue("", "is empty and no command follows the image", "write what shall run"));
            return false;
        } else {
            builder.command(words.subList(0, 1)).args(words.subList(1, words.size()));
        }
        if (!words.isEmpty()) {
            draft.mapped(COMMAND, null, index, entrypoint == null ? "replaces the image's command" : "arguments");
        }
        return true;
    }

    private static void fill(SessionSpec.Builder builder, Draft draft) {
        builder.group(draft.group)
                .role(draft.role)
                .workdir(draft.workdir)
                .env(draft.env)
                .user(draft.user)
                .resources(new Resources(
                        draft.cpuMillis, draft.memoryBytes, draft.ephemeralStorageBytes, draft.shmBytes, draft.pids))
                .restart(draft.restart)
                .heartbeat(draft.heartbeat)
                .privileges(new Privileges(draft.addCapabilities, draft.readOnlyRoot))
                .network(draft.network)
                .stdin(draft.stdin)
                .tty(draft.tty);
        draft.mounts.forEach(builder::mount);
        draft.tmpfs.forEach(builder::tmpfs);
        draft.supplementalGroups.forEach(builder::supplementalGroup);
        draft.hostAliases.forEach(builder::hostAlias);
        draft.labels.forEach(builder::label);
    }
}
