package io.clawpod.spawner.docker;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.InstallSlug;
import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.docker.Flag.Option;
import io.clawpod.spawner.docker.Report.Entry;
import io.clawpod.spawner.session.Heartbeat;
import io.clawpod.spawner.session.HostAlias;
import io.clawpod.spawner.session.Mount;
import io.clawpod.spawner.session.Restart;
import io.clawpod.spawner.session.Tmpfs;
import io.clawpod.spawner.session.User;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A session while its flags are carried out, and the report on them. Not thread-safe. */
final class Draft {
    @Nullable
    String name;

    @Nullable
    InstallSlug install;

    @Nullable
    String group;

    @Nullable
    String role;

    @Nullable
    Option entrypoint;

    @Nullable
    String workdir;

    @Nullable
    User user;

    @Nullable
    String network;

    @Nullable
    Long cpuMillis;

    @Nullable
    Long memoryBytes;

    @Nullable
    Long ephemeralStorageBytes;

    @Nullable
    Long shmBytes;

    @Nullable
    Long pids;

    @Nullable
    Option memorySwap;

    @Nullable
    Heartbeat heartbeat;

    @Nullable
    Option restartFlag;

    @Nullable
    Option networkFlag;

    Restart restart = Restart.NEVER;
    boolean remove;
    boolean removeGiven;
    boolean stdin;
    boolean tty;
    boolean readOnlyRoot;
    final Set<String> addCapabilities = new TreeSet<>();
    final Map<String, String> env = new LinkedHashMap<>();
    final Map<String, String> labels = new LinkedHashMap<>();
    final List<Mount> mounts = new ArrayList<>();
    final List<Tmpfs> tmpfs = new ArrayList<>();
    final Set<Long> supplementalGroups = new TreeSet<>();
    final List<HostAlias> hostAliases = new ArrayList<>();

    private final Map<String, Option> targets = new HashMap<>();
    private final List<Entry> mapped = new ArrayList<>();
    private final List<Entry> changed = new ArrayList<>();
    private final List<Denial> refusals = new ArrayList<>();

    private record Denial(Entry entry, ErrorCode code, InvalidValue why) {
        int place() {
            return entry.index() == null ? Integer.MAX_VALUE : entry.index();
        }
    }

    /** @throws InvalidValue if something is mounted there already */
    void mount(Mount mount, Option option) {
        claim(mount.containerPath(), option);
        mounts.add(mount);
    }

    /** @throws InvalidValue if something is mounted there already */
    void mount(Tmpfs folder, Option option) {
        claim(folder.path(), option);
        tmpfs.add(folder);
    }

    private void claim(String path, Option option) {
        Option holder = targets.putIfAbsent(path, option);
        if (holder != null) {
            throw new InvalidValue(
                    "",
                    "mounts over what argv[" + holder.index() + "] mounts at the same path",
                    "mount one thing at one path");
        }
    }

    /** The flag that mounts at a path. */
    @Nullable
    Option mountedBy(String containerPath) {
        return targets.get(containerPath);
    }

    void mapped(Option option, String note) {
        mapped.add(entry(option, note));
    }

    void mapped(String part, @Nullable String value, @Nullable Integer index, String note) {
        mapped.add(new Entry(part, value, index, note));
    }

    void changed(Option option, String note) {
        changed.add(entry(option, note));
    }

    /** Reports what follows from a flag that was not given. */
    void changed(String flag, @Nullable String value, String note) {
        changed.add(new Entry(flag, value, null, note));
    }

    /** Refuses a flag that means something to Docker but cannot be carried out here. */
    void unsupported(Option option, String fault, String remedy) {
        refuse(
                option.written(),
                option.shownValue(),
                option.index(),
                ErrorCode.UNSUPPORTED_FLAG,
                new InvalidValue("", fault, remedy));
    }

    void invalid(Option option, InvalidValue why) {
        refuse(option.written(), option.shownValue(), option.index(), ErrorCode.INVALID_SPEC, why);
    }

    void refuse(String flag, @Nullable String value, @Nullable Integer index, ErrorCode code, InvalidValue why) {
        String part = why.field().isEmpty() ? "" : why.field() + " ";
        Entry entry = new Entry(flag, value, index, part + why.fault() + "; " + why.remedy());
        String where = index == null ? "argv" : "argv[" + index + "]";
        String fault = "(" + (flag + " " + part).strip() + ") " + why.fault();
        refusals.add(new Denial(entry, code, new InvalidValue(where, fault, why.remedy())));
    }

    private static Entry entry(Option option, String note) {
        return new Entry(option.written(), option.shownValue(), option.index(), note);
    }

    /** What was refused first in the argv's order, with all that was; null if nothing was. */
    Translation.@Nullable Refused refused() {
        return refusals.stream()
                .min(Comparator.comparingInt(Denial::place))
                .map(first -> new Translation.Refused(report(), first.code(), first.why()))
                .orElse(null);
    }

    /** The entries in the argv's order; what follows from flags not given comes last. */
    Report report() {
        return new Report(
                sorted(mapped),
                sorted(changed),
                sorted(refusals.stream().map(Denial::entry).toList()));
    }

    private static List<Entry> sorted(List<Entry> entries) {
        return entries.stream()
                .sorted(Comparator.comparing(Entry::index, Comparator.nullsLast(Comparator.naturalOrder())))
                .toList();
    }
}
