package io.clawpod.spawner.docker;

import static io.clawpod.spawner.docker.Handlers.changed;
import static io.clawpod.spawner.docker.Handlers.refused;

import io.clawpod.common.InstallSlug;
import io.clawpod.common.InvalidValue;
import io.clawpod.common.Labels;
import io.clawpod.spawner.docker.Flag.Option;
import io.clawpod.spawner.session.SessionSpec;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** How the session is called, and what it is found by. */
final class LabelFlags {
    // github.com/moby/moby, daemon/names
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]{1,252}");
    private static final String OUR_DOMAIN = "clawpod.io";

    static final List<Flag> FLAGS = List.of(
            Flag.single("name", LabelFlags::name),
            Flag.list("label", LabelFlags::label).shorthand('l'),
            Flag.list(
                    "label-file",
                    refused(
                            "names a file of the client, which is not seen here",
                            "send its lines as --label name=value")),
            Flag.list("annotation", refused("is meant for Docker's own runtime", "send --label name=value"))
                    .showingName(),
            Flag.single("hostname", changed("the host name is the pod's name")).shorthand('h'),
            Flag.single("cidfile", refused("names a file of the client", "take the session from the answer")));

    private LabelFlags() {}

    private static void name(Option option, Draft draft) {
        if (option.value().isEmpty()) {
            draft.mapped(option, "empty, so a name is chosen");
            return;
        }
        if (!NAME.matcher(option.value()).matches()) {
            throw new InvalidValue(
                    "",
                    "is not a container name",
                    "use 2 to 253 letters, digits, '_', '.' or '-', beginning with a letter or digit");
        }
        draft.name = option.value();
        draft.mapped(option, "the session's key, verbatim");
    }

    private static void label(Option option, Draft draft) {
        int equals = option.value().indexOf('=');
        String name = equals < 0 ? option.value() : option.value().substring(0, equals);
        String value = equals < 0 ? "" : option.value().substring(equals + 1);
        switch (name) {
            case "" -> throw new InvalidValue("", "has no name", "write name=value");
            case Labels.INSTALL -> {
                try {
                    draft.install = new InstallSlug(value);
                } catch (InvalidValue invalid) {
                    throw new InvalidValue("", invalid.fault(), invalid.remedy());
                }
                draft.mapped(option, "the session's install");
            }
            case Labels.GROUP -> {
                SessionSpec.builder("probe").group(value).build();
                draft.group = value;
                draft.mapped(option, "the agent group");
            }
            case Labels.ROLE -> {
                SessionSpec.builder("probe").role(value).build();
                draft.role = value;
                draft.mapped(option, "the agent's role");
            }
            default -> {
                if (isOurs(name)) {
                    throw new InvalidValue("", "has a name that the spawner keeps for itself", "choose another name");
                }
                draft.labels.put(name, value);
                draft.mapped(option, "label");
            }
        }
    }

    private static boolean isOurs(String name) {
        String prefix = name.substring(0, Math.max(0, name.indexOf('/'))).toLowerCase(Locale.ROOT);
        return prefix.equals(OUR_DOMAIN)
                || prefix.endsWith("." + OUR_DOMAIN)
                || name.equals(Labels.MANAGED_BY)
                || name.equals(Labels.COMPONENT);
    }
}
