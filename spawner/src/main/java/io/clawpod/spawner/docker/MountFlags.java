package io.clawpod.spawner.docker;

import static io.clawpod.spawner.docker.Handlers.refused;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.docker.Flag.Option;
import io.clawpod.spawner.session.Mount;
import io.clawpod.spawner.session.Tmpfs;
import java.util.ArrayList;
import java.util.List;

/** {@code -v}, {@code --tmpfs} and what else brings files into the container; {@code --mount} is {@link MountSyntax}'s. */
final class MountFlags {
    static final String NO_VOLUMES = "mount a folder of the host by its absolute path, or use --tmpfs";
    private static final String AS_MOUNT = "volume, by the volume rules";

    static final List<Flag> FLAGS = List.of(
            Flag.list("volume", MountFlags::volume).shorthand('v'),
            Flag.list("mount", MountSyntax::apply).showing(MountSyntax::shown),
            Flag.list("tmpfs", MountFlags::tmpfs),
            Flag.single("volume-driver", refused("drives Docker's own volumes", NO_VOLUMES)),
            Flag.list("volumes-from", refused("names another container's volumes", NO_VOLUMES)));

    private MountFlags() {}

    private static void volume(Option option, Draft draft) {
        String[] parts = option.value().split(":", -1);
        if (parts.length > 3 || List.of(parts).contains("")) {
            throw new InvalidValue("", "is not a volume", "write hostPath:containerPath[:ro]");
        }
        if (parts.length == 1) {
            draft.unsupported(option, "asks for an anonymous volume, which Docker would keep", NO_VOLUMES);
            return;
        }
        if (!parts[0].startsWith("/")) {
            boolean relative = parts[0].startsWith(".") || parts[0].startsWith("~");
            draft.unsupported(
                    option,
                    relative
                            ? "has a path relative to the client's folder, which is not known here"
                            : "asks for the named volume '" + parts[0] + "', which Docker would keep",
                    NO_VOLUMES);
            return;
        }
        Options options = parts.length == 3 ? Options.parse(parts[2]) : new Options(false, List.of());
        bind(new Mount(parts[0], parts[1], options.readOnly), options.changes, option, draft);
    }

    /** Mounts a folder or file of the host and reports it, with what is different about it. */
    static void bind(Mount mount, List<String> changes, Option option, Draft draft) {
        draft.mount(mount, option);
        String note = AS_MOUNT + (mount.readOnly() ? ", read-only" : "");
        draft.mapped(option, note);
        changes.forEach(change -> draft.changed(option, change));
    }

    /** The third part of {@code -v}. */
    private record Options(boolean readOnly, List<String> changes) {
        static Options parse(String text) {
            List<String> changes = new ArrayList<>();
            List<String> given = List.of(text.split(",", -1));
            for (String one : given) {
                switch (one) {
                    case "ro", "rw", "cached", "consistent", "delegated", "default", "private", "rprivate" -> {}
                    case "z", "Z" -> changes.add(one + ": files are not relabelled; SELinux is the node's");
                    case "slave", "rslave" ->
                        changes.add(one + ": what the host mounts below it after the start is not seen");
                    case "shared", "rshared" ->
                        throw new InvalidValue(
                                "", "shares the agent's own mounts with the host", "leave out '" + one + "'");
                    case "nocopy" ->
                        throw new InvalidValue("", "has 'nocopy', which is for named volumes", "leave it out");
                    default ->
                        throw new InvalidValue(
                                "", "has an option that is not known", "use ro or rw, or leave the option out");
                }
            }
            if (given.contains("ro") && given.contains("rw")) {
                throw new InvalidValue("", "is both ro and rw", "choose one");
            }
            return new Options(given.contains("ro"), changes);
        }
    }

    private static void tmpfs(Option option, Draft draft) {
        int colon = option.value().indexOf(':');
        String path = colon < 0 ? option.value() : option.value().substring(0, colon);
        List<String> changes = new ArrayList<>();
        Long size = null;
        if (colon >= 0) {
            for (String one : option.value().substring(colon + 1).split(",", -1)) {
                String name = one.split("=", 2)[0];
                switch (name) {
                    case "size" -> size = positive(Sizes.bytes(one.substring(Math.min(5, one.length()))));
                    case "rw", "nosuid", "nodev", "exec" -> {}
                    case "noexec" -> changes.add("noexec: files in it can be executed");
                    case "mode", "uid", "gid" ->
                        changes.add(name + ": the folder is root's with the pod's group, writable by all");
                    case "ro" -> throw new InvalidValue("", "is a read-only empty folder", "leave out 'ro'");
                    default ->
                        throw new InvalidValue(
                                "", "has an option that is not known", "use size=64m, or leave the option out");
                }
            }
        }
        tmpfs(new Tmpfs(path, size), changes, option, draft);
    }

    private static long positive(long size) {
        if (size == 0) {
            throw new InvalidValue("", "has the size 0", "write a size above 0, or leave it out");
        }
        return size;
    }

    static void tmpfs(Tmpfs folder, List<String> changes, Option option, Draft draft) {
        draft.mount(folder, option);
        draft.mapped(
                option, folder.sizeBytes() == null ? "a folder in memory" : "a folder in memory, of at most its size");
        changes.forEach(change -> draft.changed(option, change));
    }
}
