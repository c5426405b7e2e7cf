package io.clawpod.spawner.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code volumes}: what is known of the places where the host's folders lie. */
@Command(
        name = "volumes",
        description = "Looks at the volume rules.",
        mixinStandardHelpOptions = true,
        versionProvider = SpawnerCommand.Version.class,
        subcommands = VolumesCheckCommand.class)
final class VolumesCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (spec != null) {
            throw new ParameterException(spec.commandLine(), "what about them? Write volumes check");
        }
    }
}
