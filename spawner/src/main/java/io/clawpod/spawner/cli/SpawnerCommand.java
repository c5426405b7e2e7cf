package io.clawpod.spawner.cli;

import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IFactory;
import picocli.CommandLine.IVersionProvider;

/** The command line. Without arguments the service starts instead, and nothing of this is looked at. */
@Command(
        name = "spawner",
        description = "Without arguments: runs the service.",
        mixinStandardHelpOptions = true,
        versionProvider = SpawnerCommand.Version.class,
        subcommands = {ExplainCommand.class, VolumesCommand.class})
public final class SpawnerCommand {
    /** The exit code when the command line or the settings are wrong. */
    static final int WRONG_USAGE = 2;

    /** The exit code when the command itself is at fault. */
    static final int FAILED = 3;

    /**
     * Runs the command that the arguments name.
     *
     * @param claims asks the cluster, for the commands that do
     * @param out gets what was asked for, and nothing else
     * @param err gets everything else
     * @return the process's exit code
     */
    public static int run(
            ExplainSettings.Source settings, Claims claims, PrintWriter out, PrintWriter err, String... args) {
        return new CommandLine(new SpawnerCommand(), new Parts(settings, claims))
                .setOut(out)
                .setErr(err)
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    // Its message can hold what was given, and so a credential.
                    err.println("failed: " + failure.getClass().getName());
                    err.flush();
                    return FAILED;
                })
                .execute(args);
    }

    /** Gives the commands what they need. */
    private record Parts(ExplainSettings.Source settings, Claims claims) implements IFactory {
        @Override
        public <K> K create(Class<K> type) throws Exception {
            if (type == VolumesCheckCommand.class) {
                return type.cast(new VolumesCheckCommand(settings, claims));
            }
            return type == ExplainCommand.class
                    ? type.cast(new ExplainCommand(settings))
                    : CommandLine.defaultFactory().create(type);
        }
    }

    /** The version as the build wrote it into the JAR. */
    static final class Version implements IVersionProvider {
        // A native executable has no JAR: there it is read while the executable is built.
        private static final @Nullable String BUILT =
                SpawnerCommand.class.getPackage().getImplementationVersion();

        @Override
        public String[] getVersion() {
            return new String[] {"Clawpod spawner " + (BUILT == null ? "of an unknown version" : BUILT)};
        }
    }
}
