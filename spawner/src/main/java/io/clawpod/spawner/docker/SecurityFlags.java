package io.clawpod.spawner.docker;

import static io.clawpod.spawner.docker.Handlers.only;
import static io.clawpod.spawner.docker.Handlers.refused;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.docker.Flag.Option;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** What keeps the agent apart from its node. Nothing here can make a pod weaker than the restricted standard unnoticed. */
final class SecurityFlags {
    private static final Pattern CAPABILITY = Pattern.compile("[A-Z][A-Z_]{1,40}");
    private static final String OWN = "every pod has its own";
    private static final String SHARES = "shares a namespace of the node or of another container";
    private static final String STRICTER = "leave it out; a pod's own is always on";

    static final List<Flag> FLAGS = List.of(
            Flag.toggle(
                    "privileged",
                    refused("would make the agent as powerful as its node", "leave it out, or ask with --cap-add")),
            Flag.list("cap-add", SecurityFlags::capAdd),
            Flag.list("cap-drop", SecurityFlags::capDrop),
            Flag.list("security-opt", SecurityFlags::securityOpt),
            Flag.toggle("read-only", SecurityFlags::readOnly),
            Flag.toggle("use-api-socket", refused("hands the Docker socket to the agent", "leave it out")),
            Flag.list("device", refused("hands a device of the node to the agent", "leave it out")),
            Flag.list("device-cgroup-rule", refused("opens devices of the node to the agent", "leave it out")),
            Flag.single("gpus", refused("asks for GPUs, which sessions cannot be given", "leave it out")),
            Flag.list("sysctl", refused("sets a kernel parameter", "leave it out; set it on the node"))
                    .showingName(),
            Flag.single("cgroup-parent", refused("places the agent in a group of the node's", "leave it out")),
            Flag.single("cgroupns", only(List.of("", "private"), OWN, SHARES, STRICTER)),
            Flag.single("ipc", only(List.of("", "private"), OWN, SHARES, STRICTER)),
            Flag.single("pid", only(List.of(""), OWN, SHARES, STRICTER)),
            Flag.single("uts", only(List.of(""), OWN, SHARES, STRICTER)),
            Flag.single("userns", only(List.of(""), "as the cluster is set up", SHARES, "leave it out")),
            Flag.single(
                    "isolation",
                    only(List.of("", "default"), "the only one on Linux", "is for Windows only", "leave it out")),
            Flag.single(
                    "runtime",
                    only(
                            List.of("", "runc"),
                            "the cluster's default runtime",
                            "names a runtime of Docker's",
                            "leave it out; the runtime class is configured")));

    private SecurityFlags() {}

    private static String capability(Option option) {
        String name = option.value().toUpperCase(Locale.ROOT);
        if (name.startsWith("CAP_")) {
            name = name.substring("CAP_".length());
        }
        if (!CAPABILITY.matcher(name).matches()) {
            throw new InvalidValue("", "is no capability", "use a name such as NET_BIND_SERVICE");
        }
        return name;
    }

    private static void capAdd(Option option, Draft draft) {
        String name = capability(option);
        if (name.equals("ALL")) {
            draft.unsupported(option, "asks for all capabilities", "name those that the agent needs");
            return;
        }
        draft.addCapabilities.add(name);
        draft.mapped(option, "capability, if the settings allow it");
    }

    private static void capDrop(Option option, Draft draft) {
        String name = capability(option);
        draft.mapped(option, name.equals("ALL") ? "always so" : "every pod loses all capabilities");
    }

    private static void securityOpt(Option option, Draft draft) {
        // "no-new-privileges:true" and "seccomp:…" are older spellings of the same with '='.
        String value = option.value().replaceFirst(":", "=");
        switch (value) {
            case "no-new-privileges", "no-new-privileges=true", "no-new-privileges=1" ->
                draft.mapped(option, "always so");
            case "seccomp=builtin" -> draft.mapped(option, "the runtime's own profile, always so");
            case "apparmor=docker-default" -> draft.changed(option, "the runtime's own profile, where the node has it");
            default -> {
                String name = value.split("=", 2)[0];
                if (!List.of(
                                "no-new-privileges",
                                "seccomp",
                                "apparmor",
                                "label",
                                "systempaths",
                                "writable-cgroups",
                                "credentialspec")
                        .contains(name)) {
                    throw new InvalidValue("", "is no security option", "use no-new-privileges, or leave it out");
                }
                draft.unsupported(option, "changes how the agent is kept apart from its node", "leave it out");
            }
        }
    }

    private static void readOnly(Option option, Draft draft) {
        draft.readOnlyRoot = option.isOn();
        draft.mapped(
                option, option.isOn() ? "the image's files cannot be written" : "the image's files can be written");
    }
}
