package io.clawpod.spawner.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.session.Mount;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code volumes check}: where each rule leads, and where each given path would go. */
@Command(
        name = "check",
        description =
                "Says for each volume rule whether what it names is there, and for each given mount where it would go."
                        + " Asks the cluster for the claims, by KUBECONFIG or as a pod of it, and makes nothing.",
        mixinStandardHelpOptions = true,
        versionProvider = SpawnerCommand.Version.class,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:all is well", "1:something is wrong", "2:wrong usage", "3:failed"})
final class VolumesCheckCommand implements Callable<Integer> {
    private static final int WELL = 0;
    private static final int WRONG = 1;
    // Not below a folder that an allowlist would govern.
    private static final String ANYWHERE = "/mnt/checked";

    /** How the answer is written. */
    enum Format {
        text,
        json
    }

    private final ExplainSettings.Source settings;
    private final Claims claims;

    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            description = "text (as if not given) or json.")
    private Format format = Format.text;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "An application.yaml of the service. Environment variables win over it, as with the service.")
    private @Nullable Path config;

    @Option(names = "--offline", description = "Does not ask the cluster.")
    private boolean offline;

    @Parameters(
            paramLabel = "PATH",
            arity = "0..*",
            description =
                    "HOST_PATH[:CONTAINER_PATH[:ro]], as with docker run -v. The allowlist governs only some container"
                            + " paths, so give one to see what it says.")
    private @Nullable List<String> paths;

    VolumesCheckCommand(ExplainSettings.Source settings, Claims claims) {
        this.settings = settings;
        this.claims = claims;
    }

    @Override
    public Integer call() {
        if (spec == null) {
            throw new IllegalStateException("picocli sets it before it calls");
        }
        List<Mount> mounts = new ArrayList<>();
        for (String path : paths == null ? List.<String>of() : paths) {
            mounts.add(mount(path, spec));
        }
        ExplainSettings read;
        try {
            read = settings.read(config);
        } catch (InvalidValue wrong) {
            spec.commandLine().getErr().println(wrong.getMessage());
            return WRONG;
        }
        VolumesCheck check = VolumesCheck.of(read.plan().namespace(), read.mounts(), mounts, offline ? null : claims);
        spec.commandLine().getOut().print(format == Format.json ? json(check) : check.text());
        spec.commandLine().getOut().flush();
        return check.ok() ? WELL : WRONG;
    }

    private static Mount mount(String path, CommandSpec spec) {
        String[] parts = path.split(":", -1);
        boolean known =
                parts.length < 3 || (parts.length == 3 && List.of("ro", "rw").contains(parts[2]));
        if (!known) {
            throw new ParameterException(spec.commandLine(), path + ": write HOST_PATH[:CONTAINER_PATH[:ro]]");
        }
        try {
            return new Mount(
                    parts[0], parts.length > 1 ? parts[1] : ANYWHERE, parts.length == 3 && parts[2].equals("ro"));
        } catch (InvalidValue wrong) {
            throw new ParameterException(
                    spec.commandLine(), path + ": " + wrong.field() + " " + wrong.fault() + "; " + wrong.remedy());
        }
    }

    private static String json(VolumesCheck check) {
        try {
            return JsonMapper.builder()
                            .enable(SerializationFeature.INDENT_OUTPUT)
                            .build()
                            .writeValueAsString(check)
                    + "\n";
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("a record of texts always has a JSON form", impossible);
        }
    }
}
