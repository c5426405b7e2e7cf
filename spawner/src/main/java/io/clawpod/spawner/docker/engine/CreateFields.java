package io.clawpod.spawner.docker.engine;

import java.util.Map;
import java.util.Set;

/** The fields of a container's creation (Docker Engine API, ContainerCreate) that have one flag of {@code docker run}. */
final class CreateFields {
    /** What concerns only Docker's client or daemon, or is said again elsewhere: dockerode repeats the name here. */
    static final Set<String> NOTHING = Set.of(
            "AttachStdin",
            "AttachStdout",
            "AttachStderr",
            "StdinOnce",
            "ArgsEscaped",
            "Shell",
            "ConsoleSize",
            "ContainerIDFile",
            "OnBuild",
            "name");

    /** Fields with the flag that takes their value as text. */
    static final Map<String, String> SINGLE = Map.ofEntries(
            Map.entry("Hostname", "hostname"),
            Map.entry("Domainname", "domainname"),
            Map.entry("User", "user"),
            Map.entry("WorkingDir", "workdir"),
            Map.entry("MacAddress", "mac-address"),
            Map.entry("StopSignal", "stop-signal"),
            Map.entry("StopTimeout", "stop-timeout"),
            Map.entry("NetworkMode", "network"),
            Map.entry("VolumeDriver", "volume-driver"),
            Map.entry("CgroupnsMode", "cgroupns"),
            Map.entry("IpcMode", "ipc"),
            Map.entry("PidMode", "pid"),
            Map.entry("UTSMode", "uts"),
            Map.entry("UsernsMode", "userns"),
            Map.entry("OomScoreAdj", "oom-score-adj"),
            Map.entry("ShmSize", "shm-size"),
            Map.entry("Runtime", "runtime"),
            Map.entry("Isolation", "isolation"),
            Map.entry("CpuShares", "cpu-shares"),
            Map.entry("Memory", "memory"),
            Map.entry("MemoryReservation", "memory-reservation"),
            Map.entry("MemorySwap", "memory-swap"),
            Map.entry("KernelMemory", "kernel-memory"),
            Map.entry("CgroupParent", "cgroup-parent"),
            Map.entry("BlkioWeight", "blkio-weight"),
            Map.entry("CpuPeriod", "cpu-period"),
            Map.entry("CpuQuota", "cpu-quota"),
            Map.entry("CpuRealtimePeriod", "cpu-rt-period"),
            Map.entry("CpuRealtimeRuntime", "cpu-rt-runtime"),
            Map.entry("CpusetCpus", "cpuset-cpus"),
            Map.entry("CpusetMems", "cpuset-mems"),
            Map.entry("CpuCount", "cpu-count"),
            Map.entry("CpuPercent", "cpu-percent"),
            Map.entry("IOMaximumIOps", "io-maxiops"),
            Map.entry("IOMaximumBandwidth", "io-maxbandwidth"));

    static final Map<String, String> SWITCH = Map.of(
            "Tty", "tty",
            "OpenStdin", "interactive",
            "AutoRemove", "rm",
            "Privileged", "privileged",
            "PublishAllPorts", "publish-all",
            "ReadonlyRootfs", "read-only",
            "OomKillDisable", "oom-kill-disable",
            "Init", "init");

    static final Map<String, String> LIST = Map.ofEntries(
            Map.entry("Env", "env"),
            Map.entry("VolumesFrom", "volumes-from"),
            Map.entry("CapAdd", "cap-add"),
            Map.entry("CapDrop", "cap-drop"),
            Map.entry("Dns", "dns"),
            Map.entry("DnsOptions", "dns-option"),
            Map.entry("DnsSearch", "dns-search"),
            Map.entry("ExtraHosts", "add-host"),
            Map.entry("GroupAdd", "group-add"),
            Map.entry("Links", "link"),
            Map.entry("SecurityOpt", "security-opt"),
            Map.entry("DeviceCgroupRules", "device-cgroup-rule"));

    /** Objects whose members become {@code name=value}. */
    static final Map<String, String> PAIRS =
            Map.of("Labels", "label", "Annotations", "annotation", "Sysctls", "sysctl", "StorageOpt", "storage-opt");

    /** What no pod can be given, whatever it says; the flag's own handler has the reason. */
    static final Map<String, String> REFUSED = Map.of(
            "Devices", "device",
            "DeviceRequests", "gpus",
            "BlkioWeightDevice", "blkio-weight-device",
            "BlkioDeviceReadBps", "device-read-bps",
            "BlkioDeviceWriteBps", "device-write-bps",
            "BlkioDeviceReadIOps", "device-read-iops",
            "BlkioDeviceWriteIOps", "device-write-iops",
            "PortBindings", "publish");

    private CreateFields() {}
}
