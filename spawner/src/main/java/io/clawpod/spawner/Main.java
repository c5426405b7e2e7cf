package io.clawpod.spawner;

import io.clawpod.spawner.cli.SpawnerCommand;
import io.clawpod.spawner.cluster.ClaimReader;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/**
 * Runs the service, or with arguments a command. A command is told from the service before Quarkus starts, so it opens no
 * port, and connects to nothing unless that is what it is for; the service loads no class of the commands.
 */
@QuarkusMain
public final class Main {
    private Main() {}

    public static void main(String... args) {
        if (args.length == 0) {
            Quarkus.run();
            return;
        }
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        System.exit(SpawnerCommand.run(CommandSettings::read, ClaimReader::faults, out, err, args));
    }
}
