package io.clawpod.spawner.docker;

import static io.clawpod.spawner.docker.Handlers.changed;
import static io.clawpod.spawner.docker.Handlers.mapped;
import static io.clawpod.spawner.docker.Handlers.refused;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.docker.Flag.Option;
import io.clawpod.spawner.session.ContainerPath;
import io.clawpod.spawner.session.SessionSpec;
import io.clawpod.spawner.session.User;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** What runs in the container, as whom, and what is connected to it. */
final class ContainerFlags {
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,10}");

    static final List<Flag> FLAGS = List.of(
            Flag.list("env", ContainerFlags::env).shorthand('e').showingName(),
            Flag.list(
                    "env-file",
                    refused("names a file of the client, which is not seen here", "send its lines as -e NAME=value")),
            Flag.single("entrypoint", ContainerFlags::entrypoint),
            Flag.single("workdir", ContainerFlags::workdir).shorthand('w'),
            Flag.single("user", ContainerFlags::user).shorthand('u'),
            Flag.list("group-add", ContainerFlags::groupAdd),
            Flag.toggle("interactive", ContainerFlags::interactive).shorthand('i'),
            Flag.toggle("tty", ContainerFlags::tty).shorthand('t'),
            Flag.list("attach", ContainerFlags::attach).shorthand('a'),
            Flag.toggle("sig-proxy", mapped("concerns only the client")),
            Flag.single("detach-keys", changed("nothing is attached by this call, so there is nothing to detach from")),
            Flag.toggle("quiet", mapped("concerns only the client")).shorthand('q'));

    private ContainerFlags() {}

    private static void env(Option option, Draft draft) {
        int equals = option.value().indexOf('=');
        if (equals < 0) {
            draft.invalid(
                    option,
                    new InvalidValue(
                            "", "takes its value from the client, which is not seen here", "send -e NAME=value"));
            return;
        }
        String name = option.value().substring(0, equals);
        String value = option.value().substring(equals + 1);
        SessionSpec.builder("probe").env(name, value).build();
        boolean again = draft.env.put(name, value) != null;
        draft.mapped(option, again ? "env; replaces the value given before" : "env");
    }

    private static void entrypoint(Option option, Draft draft) {
        draft.entrypoint = option;
        draft.mapped(
                option,
                option.value().isEmpty()
                        ? "the image's entrypoint is dropped; the command's first word takes its place"
                        : "command; the image's own entrypoint and command are dropped");
    }

    private static void workdir(Option option, Draft draft) {
        if (option.value().isEmpty()) {
            draft.mapped(option, "empty, so the image's working directory holds");
            return;
        }
        draft.workdir = ContainerPath.normalise("", option.value());
        draft.mapped(option, "working directory");
    }

    private static void user(Option option, Draft draft) {
        if (option.value().isEmpty()) {
            draft.changed(option, "empty, so the agent runs as the configured user, not as the image's");
            return;
        }
        User user;
        try {
            user = User.parse(option.value());
        } catch (InvalidValue invalid) {
            throw new InvalidValue("", invalid.fault(), invalid.remedy());
        }
        draft.user = user;
        if (user.gid() == null) {
            draft.changed(
                    option, "also runs as group " + user.uid() + "; Docker takes the group from the image, or group 0");
        } else {
            draft.mapped(option, "user and group");
        }
    }

    private static void groupAdd(Option option, Draft draft) {
        String value = option.value();
        if (!NUMBER.matcher(value).matches() || Long.parseLong(value) > Integer.MAX_VALUE) {
            throw new InvalidValue("", "is not a numeric group", "write a gid from 0 to 2147483647");
        }
        draft.supplementalGroups.add(Long.valueOf(value));
        draft.mapped(option, "supplemental group");
    }

    private static void interactive(Option option, Draft draft) {
        draft.stdin = option.isOn();
        draft.mapped(
                option, option.isOn() ? "standard input stays open for the first client that attaches" : "no stdin");
    }

    private static void tty(Option option, Draft draft) {
        draft.tty = option.isOn();
        draft.mapped(option, option.isOn() ? "a terminal" : "no terminal");
    }

    private static void attach(Option option, Draft draft) {
        if (!Set.of("stdin", "stdout", "stderr").contains(option.value().toLowerCase(Locale.ROOT))) {
            throw new InvalidValue("", "is no stream", "write stdin, stdout or stderr");
        }
        draft.changed(option, "this call attaches nothing; the session's logs have its output");
    }
}
