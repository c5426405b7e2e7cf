package io.clawpod.spawner;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.archive.ArchiveSettings;
import io.clawpod.spawner.archive.S3Settings;
import io.clawpod.spawner.cluster.ClusterSettings;
import io.clawpod.spawner.image.ImageSettings;
import io.clawpod.spawner.plan.Settings;
import io.clawpod.spawner.reap.ReapSettings;
import io.clawpod.spawner.session.HostAlias;
import io.clawpod.spawner.session.Resources;
import io.clawpod.spawner.session.User;
import io.clawpod.spawner.volume.VolumeRule;
import io.clawpod.spawner.volume.VolumeRules;
import io.clawpod.spawner.volume.VolumeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Reads the configuration into checked values; a fault names the setting. */
final class SettingsReader {
    /** The issuer (claim {@code iss}) of session tokens. */
    static final String ISSUER = "clawpod-spawner";

    private static final Set<String> PULL_POLICIES = Set.of("Always", "IfNotPresent", "Never");

    private static final int MAX_PORT = 65535;

    /** A key is published for a quarter of an hour before it signs. */
    private static final Duration MIN_ROTATION = Duration.ofHours(1);

    private SettingsReader() {}

    /** @throws InvalidValue whose field is the setting's full name */
    static ClusterSettings read(SpawnerConfig config) {
        SpawnerConfig.Pod pod = config.pod();
        Settings plan = new Settings(
                config.agents().namespace(),
                config.agents().serviceAccount(),
                proxyHost(config),
                port("clawpod.proxy.port", config.proxy().port()),
                user("clawpod.pod.default-user", pod.defaultUser()),
                pod.allowRoot(),
                config.env().refuseCredentials(),
                config.env().allowed().orElse(Set.of()),
                config.images().registry().orElse(""),
                pullPolicy(config.images().pullPolicy()),
                config.images().pullSecrets().orElse(List.of()),
                pod.runtimeClass().orElse(null),
                pod.priorityClass().orElse(null),
                pod.hostNetwork(),
                positive("clawpod.pod.termination-grace", pod.terminationGrace()),
                notNegative("clawpod.pod.retention", pod.retention()),
                new Resources(
                        positive("clawpod.pod.request-cpu-millis", pod.requestCpuMillis()),
                        positive("clawpod.pod.request-memory-bytes", pod.requestMemoryBytes()),
                        null,
                        null,
                        null),
                new Resources(
                        positive(
                                "clawpod.pod.limit-cpu-millis",
                                pod.limitCpuMillis().orElse(null)),
                        positive("clawpod.pod.limit-memory-bytes", pod.limitMemoryBytes()),
                        positive(
                                "clawpod.pod.limit-ephemeral-storage-bytes",
                                pod.limitEphemeralStorageBytes().orElse(null)),
                        null,
                        null),
                volumes(config.volumes().rules().orElse(List.of())));
        return new ClusterSettings(
                plan,
                config.proxy().namespace(),
                config.proxy().service(),
                config.proxy().address().map(SettingsReader::address).orElse(null),
                config.signingKey().namespace(),
                config.signingKey().secret(),
                ISSUER,
                positive(
                        "clawpod.signing-key.token-lifetime",
                        config.signingKey().tokenLifetime()),
                rotation(config.signingKey().rotateAfter()));
    }

    /** @throws InvalidValue whose field is the setting's full name */
    static ImageSettings images(SpawnerConfig config) {
        SpawnerConfig.Images images = config.images();
        return at(
                "clawpod.images",
                () -> new ImageSettings(
                        images.registry().orElse(""),
                        images.insecureRegistries().orElse(Set.of()),
                        images.registryAuth().orElse(null),
                        ImageSettings.architecture(System.getProperty("os.arch", ""))));
    }

    /** @throws InvalidValue whose field is the setting's full name */
    static ReapSettings reap(ReapConfig config) {
        return at("clawpod.reap", () -> new ReapSettings(config.dryRun(), config.neverStartedAfter()));
    }

    /** @throws InvalidValue whose field is the setting's full name */
    static ArchiveSettings archive(ArchiveConfig config) {
        return at(
                "clawpod.archive",
                () -> new ArchiveSettings(
                        config.required(),
                        config.maxAge(),
                        config.maxBytes(),
                        config.rotateBytes(),
                        config.flushEvery(),
                        config.usageEvery()));
    }

    /** @throws InvalidValue whose field is the setting's full name */
    static Optional<S3Settings> s3(ArchiveConfig config) {
        if (config.s3().isPresent() && config.folder().isPresent()) {
            throw new InvalidValue("clawpod.archive.s3", "is set beside clawpod.archive.folder", "set one of them");
        }
        return config.s3()
                .map(s3 -> at(
                        "clawpod.archive",
                        () -> new S3Settings(
                                s3.endpoint(),
                                s3.bucket(),
                                s3.prefix().orElse(""),
                                s3.region().orElse("us-east-1"),
                                s3.pathStyle().orElse(true),
                                s3.accessKeyFile(),
                                s3.secretKeyFile())));
    }

    private static String proxyHost(SpawnerConfig config) {
        return config.proxy().service() + "." + config.proxy().namespace() + ".svc." + config.clusterDomain();
    }

    private static String pullPolicy(String policy) {
        if (!PULL_POLICIES.contains(policy)) {
            throw new InvalidValue(
                    "clawpod.images.pull-policy", "is no pull policy", "use Always, IfNotPresent or Never");
        }
        return policy;
    }

    private static Duration rotation(Duration value) {
        if (value.compareTo(MIN_ROTATION) < 0) {
            throw new InvalidValue("clawpod.signing-key.rotate-after", "is too short", "use at least " + MIN_ROTATION);
        }
        return value;
    }

    private static Duration positive(String setting, Duration value) {
        if (value.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new InvalidValue(setting, "is too short", "use at least 1 second");
        }
        return value;
    }

    private static Duration notNegative(String setting, Duration value) {
        if (value.isNegative()) {
            throw new InvalidValue(setting, "is negative", "use PT0S or more");
        }
        return value;
    }

    private static @Nullable Long positive(String setting, @Nullable Long value) {
        if (value != null && value <= 0) {
            throw new InvalidValue(setting, "is not positive", "use a value above 0");
        }
        return value;
    }

    private static int port(String setting, int value) {
        if (value < 1 || value > MAX_PORT) {
            throw new InvalidValue(setting, "is no port", "use 1 to " + MAX_PORT);
        }
        return value;
    }

    private static String address(String text) {
        if (!HostAlias.isAddress(text)) {
            throw new InvalidValue("clawpod.proxy.address", "is not an IP address", "use one that agents reach");
        }
        return text;
    }

    private static User user(String setting, String text) {
        try {
            return User.parse(text);
        } catch (InvalidValue fault) {
            throw new InvalidValue(setting, fault.fault(), fault.remedy());
        }
    }

    private static VolumeRules volumes(List<SpawnerConfig.Volumes.Rule> rules) {
        List<VolumeRule> read = new ArrayList<>();
        for (int i = 0; i < rules.size(); i++) {
            SpawnerConfig.Volumes.Rule rule = rules.get(i);
            read.add(at(
                    "clawpod.volumes.rules[" + i + "]",
                    () -> new VolumeRule(
                            rule.hostPrefix(),
                            VolumeSource.parse(rule.source(), rule.node().orElse(null)))));
        }
        return at("clawpod.volumes", () -> new VolumeRules(read));
    }

    private static <T> T at(String setting, Supplier<T> read) {
        try {
            return read.get();
        } catch (InvalidValue fault) {
            InvalidValue named = fault.under(setting);
            throw new InvalidValue(named.field().replace("hostPrefix", "host-prefix"), named.fault(), named.remedy());
        }
    }
}
