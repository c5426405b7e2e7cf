package io.clawpod.spawner;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.cli.ExplainSettings;
import io.clawpod.spawner.cluster.ClusterSettings;
import io.clawpod.spawner.docker.DockerRun;
import io.clawpod.spawner.docker.DockerSettings;
import io.clawpod.spawner.docker.engine.EngineSettings;
import io.clawpod.spawner.host.HostVolumes;
import io.clawpod.spawner.onecli.OneCliSettings;
import io.quarkus.runtime.configuration.ConfigUtils;
import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.source.yaml.YamlConfigSource;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;

/** Reads the service's settings without starting it: from the places, and by the rules, by which Quarkus reads them. */
final class CommandSettings {
    /** All that the service maps, so that a name is unknown here exactly if it is unknown there. */
    static final List<Class<?>> MAPPINGS = List.of(
            SpawnerConfig.class,
            ReapConfig.class,
            HeartbeatConfig.class,
            BudgetConfig.class,
            ArchiveConfig.class,
            DockerSettings.class,
            EngineSettings.class,
            OneCliSettings.class);

    // Above config/application.yaml of the working folder (265), below the environment (300).
    private static final int ORDINAL = 275;

    private CommandSettings() {}

    /** @throws InvalidValue naming the file, or the setting by its full name */
    static ExplainSettings read(@Nullable Path file) {
        SmallRyeConfig config = config(file);
        SpawnerConfig spawner = config.getConfigMapping(SpawnerConfig.class);
        HeartbeatConfig heartbeat = config.getConfigMapping(HeartbeatConfig.class);
        ClusterSettings settings = SettingsReader.read(spawner, heartbeat);
        DockerSettings docker = config.getConfigMapping(DockerSettings.class);
        return new ExplainSettings(
                settings.plan(),
                new HostVolumes(SettingsReader.volumes(spawner)),
                settings.proxyAddress(),
                DockerRun.defaultInstall(docker),
                DockerRun.heartbeat(docker));
    }

    private static SmallRyeConfig config(@Nullable Path file) {
        try {
            SmallRyeConfigBuilder builder = ConfigUtils.configBuilder();
            MAPPINGS.forEach(builder::withMapping);
            if (file != null) {
                builder.withSources(source(file));
            }
            return builder.build();
        } catch (ConfigValidationException wrong) {
            String faults = IntStream.range(0, wrong.getProblemCount())
                    .mapToObj(i -> wrong.getProblem(i).getMessage())
                    .collect(Collectors.joining("\n  "));
            throw new InvalidValue(
                    "the configuration", "is wrong:\n  " + faults, "correct them in the file or the environment");
        } catch (YAMLException wrong) {
            throw notYaml("a configuration file", wrong);
        }
    }

    private static ConfigSource source(Path file) {
        try {
            String text = Files.readString(file);
            // The source takes what is no mapping for no settings at all.
            Node document = new Yaml().compose(new StringReader(text));
            if (document != null && !(document instanceof MappingNode)) {
                throw new InvalidValue(file.toString(), "is no mapping of settings", "give an application.yaml");
            }
            return new YamlConfigSource(file.toString(), text, ORDINAL);
        } catch (CharacterCodingException wrong) {
            throw new InvalidValue(file.toString(), "is not a text in UTF-8", "give an application.yaml");
        } catch (IOException wrong) {
            throw new InvalidValue(file.toString(), "cannot be read", "give an application.yaml that you may read");
        } catch (YAMLException wrong) {
            throw notYaml(file.toString(), wrong);
        }
    }

    /** Says where it is wrong and not what stands there. */
    private static InvalidValue notYaml(String file, YAMLException wrong) {
        String where = wrong instanceof MarkedYAMLException marked && marked.getProblemMark() != null
                ? " at line " + (marked.getProblemMark().getLine() + 1) + ", column "
                        + (marked.getProblemMark().getColumn() + 1)
                : "";
        return new InvalidValue(file, "is not YAML" + where, "give an application.yaml");
    }
}
