package io.clawpod.spawner.docker;

import static io.clawpod.spawner.docker.Handlers.only;
import static io.clawpod.spawner.docker.Handlers.refused;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.docker.Flag.Handler;
import io.clawpod.spawner.docker.Flag.Option;
import java.util.List;
import java.util.regex.Pattern;

/** What the agent may use. A 0 means to Docker that nothing is set. */
final class ResourceFlags {
    // moby refuses less, since a container cannot even be made with it.
    private static final long LEAST_MEMORY = 6L << 20;
    private static final Pattern ULIMIT = Pattern.compile("[a-z]{2,12}=-?[0-9]{1,18}(:-?[0-9]{1,18})?");
    private static final String UNSET = "0, so nothing is set";
    private static final String NO_SUCH_LIMIT = "is a limit that no pod can be given";
    private static final String LEAVE_OUT = "leave it out; --cpus and --memory can be given";

    static final List<Flag> FLAGS = List.of(
            Flag.single("cpus", ResourceFlags::cpus),
            Flag.single("memory", ResourceFlags::memory).shorthand('m'),
            Flag.single("memory-swap", ResourceFlags::memorySwap),
            Flag.single("memory-reservation", ResourceFlags::memoryReservation),
            Flag.single("memory-swappiness", ResourceFlags::swappiness),
            Flag.single("shm-size", ResourceFlags::shmSize),
            Flag.single("pids-limit", ResourceFlags::pidsLimit),
            Flag.list("ulimit", ResourceFlags::ulimit),
            Flag.list("storage-opt", ResourceFlags::storage)
                    .showing(v -> v.startsWith("size=") ? v : v.split("=", 2)[0]),
            Flag.single("cpu-shares", ResourceFlags::cpuShares).shorthand('c'),
            Flag.single("oom-score-adj", ResourceFlags::oomScore),
            Flag.toggle("oom-kill-disable", refused("would let the agent hang where it must end", "leave it out")),
            Flag.single("cpu-period", zero("is not carried out", "write the CPUs as --cpus")),
            Flag.single("cpu-quota", zero("is not carried out", "write the CPUs as --cpus")),
            Flag.single("cpu-rt-period", zero(NO_SUCH_LIMIT, LEAVE_OUT)),
            Flag.single("cpu-rt-runtime", zero(NO_SUCH_LIMIT, LEAVE_OUT)),
            Flag.single("cpuset-cpus", only(List.of(""), "none", NO_SUCH_LIMIT, LEAVE_OUT)),
            Flag.single("cpuset-mems", only(List.of(""), "none", NO_SUCH_LIMIT, LEAVE_OUT)),
            Flag.single("kernel-memory", zero(NO_SUCH_LIMIT, LEAVE_OUT)),
            Flag.single("blkio-weight", zero(NO_SUCH_LIMIT, LEAVE_OUT)),
            Flag.list("blkio-weight-device", refused(NO_SUCH_LIMIT, LEAVE_OUT)),
            Flag.list("device-read-bps", refused(NO_SUCH_LIMIT, LEAVE_OUT)),
            Flag.list("device-read-iops", refused(NO_SUCH_LIMIT, LEAVE_OUT)),
            Flag.list("device-write-bps", refused(NO_SUCH_LIMIT, LEAVE_OUT)),
            Flag.list("device-write-iops", refused(NO_SUCH_LIMIT, LEAVE_OUT)),
            Flag.single("cpu-count", refused("is for Windows only", LEAVE_OUT)),
            Flag.single("cpu-percent", refused("is for Windows only", LEAVE_OUT)),
            Flag.single("io-maxbandwidth", refused("is for Windows only", LEAVE_OUT)),
            Flag.single("io-maxiops", refused("is for Windows only", LEAVE_OUT)));

    private ResourceFlags() {}

    private static Handler zero(String fault, String remedy) {
        return only(List.of("0"), UNSET, fault, remedy);
    }

    private static void cpus(Option option, Draft draft) {
        long millis = Sizes.millis(option.value());
        if (millis == 0) {
            draft.mapped(option, UNSET);
            return;
        }
        draft.cpuMillis = millis;
        draft.mapped(option, "CPU limit");
    }

    private static void memory(Option option, Draft draft) {
        long bytes = Sizes.bytes(option.value());
        if (bytes == 0) {
            draft.mapped(option, UNSET);
            return;
        }
        if (bytes < LEAST_MEMORY) {
            throw new InvalidValue("", "is too little memory", "write at least 6m");
        }
        draft.memoryBytes = bytes;
        draft.mapped(option, "memory limit");
    }

    /** Is judged by {@link #finish}, once the memory limit is known. */
    private static void memorySwap(Option option, Draft draft) {
        if (!option.value().equals("-1")) {
            long bytes = Sizes.bytes(option.value());
            if (bytes == 0) {
                draft.mapped(option, UNSET);
                return;
            }
        }
        draft.memorySwap = option;
    }

    /** What can only be said once all flags are read. */
    static void finish(Draft draft) {
        Option option = draft.memorySwap;
        if (option == null) {
            return;
        }
        Long memory = draft.memoryBytes;
        long total = option.value().equals("-1") ? Long.MAX_VALUE : Sizes.bytes(option.value());
        if (total == Long.MAX_VALUE) {
            draft.changed(option, "swap is the node's to give; the memory limit holds");
        } else if (memory == null) {
            throw new InvalidValue("", "is given without --memory", "give both, or leave it out");
        } else if (total < memory) {
            throw new InvalidValue("", "is smaller than --memory", "write memory plus swap, or leave it out");
        } else if (total == memory) {
            draft.mapped(option, "equal to the memory limit, so no swap");
        } else {
            draft.changed(option, "swap is the node's to give; the memory limit holds");
        }
    }

    private static void memoryReservation(Option option, Draft draft) {
        draft.changed(option, Sizes.bytes(option.value()) == 0 ? UNSET : "the configured memory request holds");
    }

    private static void swappiness(Option option, Draft draft) {
        long value = Sizes.integer(option.value(), -1, 100);
        if (value == -1) {
            draft.mapped(option, "not set");
        } else {
            draft.changed(option, "swap is the node's to give");
        }
    }

    private static void shmSize(Option option, Draft draft) {
        long bytes = Sizes.bytes(option.value());
        if (bytes == 0) {
            draft.mapped(option, UNSET);
            return;
        }
        draft.shmBytes = bytes;
        draft.mapped(option, "a folder in memory at /dev/shm, counted as the agent's memory");
    }

    private static void pidsLimit(Option option, Draft draft) {
        long pids = Sizes.integer(option.value(), -1, Integer.MAX_VALUE);
        draft.pids = pids > 0 ? Long.valueOf(pids) : null;
        draft.changed(option, "the node sets how many processes a pod may have");
    }

    private static void ulimit(Option option, Draft draft) {
        if (!ULIMIT.matcher(option.value()).matches()) {
            throw new InvalidValue("", "is not a ulimit", "write name=soft[:hard], such as nofile=1024:2048");
        }
        draft.changed(option, "the node's container runtime sets ulimits");
    }

    private static void storage(Option option, Draft draft) {
        if (!option.value().startsWith("size=")) {
            draft.unsupported(option, "is an option of Docker's storage driver", "leave it out; size=10g can be given");
            return;
        }
        long bytes = Sizes.bytes(option.value().substring("size=".length()));
        if (bytes == 0) {
            draft.mapped(option, UNSET);
            return;
        }
        draft.ephemeralStorageBytes = bytes;
        draft.changed(option, "ephemeral storage limit: beyond it the agent is evicted, where Docker fails its writes");
    }

    private static void cpuShares(Option option, Draft draft) {
        long shares = Sizes.integer(option.value(), 0, 262_144);
        draft.changed(option, shares == 0 ? UNSET : "the weight follows from the configured CPU request");
    }

    private static void oomScore(Option option, Draft draft) {
        long score = Sizes.integer(option.value(), -1000, 1000);
        draft.changed(option, score == 0 ? UNSET : "the node sets it by the pod's quality of service");
    }
}
