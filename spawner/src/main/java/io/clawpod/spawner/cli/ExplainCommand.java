package io.clawpod.spawner.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.clawpod.common.InstallSlug;
import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.session.HostAlias;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code explain}: what a {@code docker run} becomes, without a cluster. */
@Command(
        name = "explain",
        description = "Shows the pod that a docker run becomes, and what was mapped, changed and refused."
                + " Needs no cluster and makes nothing. What may be a credential is shown as ***.",
        customSynopsis = "spawner explain [OPTIONS] -- docker run ...",
        mixinStandardHelpOptions = true,
        versionProvider = SpawnerCommand.Version.class,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:translated", "1:refused", "2:wrong usage or settings", "3:failed"})
final class ExplainCommand implements Callable<Integer> {
    private static final int TRANSLATED = 0;
    private static final int REFUSED = 1;

    /** How the answer is written. */
    enum Format {
        yaml,
        json
    }

    private final ExplainSettings.Source settings;

    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            description = "yaml (as if not given) or json.")
    private Format format = Format.yaml;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "An application.yaml of the service. Environment variables win over it, as with the service.")
    private @Nullable Path config;

    @Option(
            names = "--proxy-ip",
            paramLabel = "ADDRESS",
            description = "The credential proxy's ClusterIP. If not given, " + Explainer.PROXY_IP + " stands for it.")
    private @Nullable String proxyIp;

    @Option(names = "--install", paramLabel = "SLUG", description = "The install of a docker run that names none.")
    private @Nullable String install;

    @Parameters(paramLabel = "docker run ...", hideParamSyntax = true, description = "The command line to explain.")
    private @Nullable List<String> argv;

    ExplainCommand(ExplainSettings.Source settings) {
        this.settings = settings;
    }

    @Override
    public Integer call() {
        CommandSpec command = command();
        PrintWriter err = command.commandLine().getErr();
        List<String> words = argv;
        if (words == null) {
            throw usage("what shall be explained? Write -- docker run ... after the options");
        }
        String address = address();
        InstallSlug slug = slug();
        ExplainSettings read;
        try {
            read = settings.read(config);
        } catch (InvalidValue wrong) {
            err.println(wrong.getMessage());
            return SpawnerCommand.WRONG_USAGE;
        }
        Explanation explanation = new Explainer(
                        read.plan(),
                        read.mounts(),
                        slug == null ? read.defaultInstall() : slug,
                        read.heartbeat(),
                        address == null ? read.proxyAddress() : address)
                .explain(words);
        command.commandLine().getOut().print(write(explanation));
        command.commandLine().getOut().flush();
        return explanation.isTranslated() ? TRANSLATED : REFUSED;
    }

    private CommandSpec command() {
        if (spec == null) {
            throw new IllegalStateException("picocli sets it before it calls");
        }
        return spec;
    }

    private @Nullable String address() {
        if (proxyIp != null && !HostAlias.isAddress(proxyIp)) {
            throw usage("--proxy-ip is not an IP address");
        }
        return proxyIp;
    }

    private @Nullable InstallSlug slug() {
        try {
            return install == null ? null : new InstallSlug(install);
        } catch (InvalidValue wrong) {
            throw usage("--install " + wrong.fault() + "; " + wrong.remedy());
        }
    }

    private ParameterException usage(String fault) {
        return new ParameterException(command().commandLine(), fault);
    }

    private String write(Explanation explanation) {
        ObjectMapper mapper = format == Format.json
                ? JsonMapper.builder()
                        .enable(SerializationFeature.INDENT_OUTPUT)
                        .build()
                : YAMLMapper.builder()
                        .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                        .disable(YAMLGenerator.Feature.SPLIT_LINES)
                        .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                        .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
                        .build();
        ObjectNode answer = mapper.valueToTree(explanation);
        List<String> masked = Mask.apply(answer);
        if (!masked.isEmpty()) {
            ArrayNode places = answer.putArray("masked");
            masked.forEach(places::add);
        }
        try {
            String text = mapper.writeValueAsString(answer);
            return text.endsWith("\n") ? text : text + "\n";
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("a tree always has a text", impossible);
        }
    }
}
