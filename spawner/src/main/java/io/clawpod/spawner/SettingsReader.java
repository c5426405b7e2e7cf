package io.clawpod.spawner;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.archive.ArchiveSettings;
import io.clawpod.spawner.archive.S3Settings;
import io.clawpod.spawner.cluster.ClusterSettings;
import io.clawpod.spawner.host.VolumeSettings;
import io.clawpod.spawner.image.ImageSettings;
import io.clawpod.spawner.plan.AgentEnv;
import io.clawpod.spawner.plan.LifeSettings;
import io.clawpod.spawner.plan.Settings;
import io.clawpod.spawner.reap.Budgets;
import io.clawpod.spawner.reap.HeartbeatSettings;
import io.clawpod.spawner.reap.ReapSettings;
import io.clawpod.spawner.session.Heartbeat;
import io.clawpod.spawner.session.HostAlias;
import io.clawpod.spawner.session.Resources;
import io.clawpod.spawner.session.SessionSpec;
import io.clawpod.spawner.session.User;
import io.clawpod.spawner.volume.Ownership;
import io.clawpod.spawner.volume.VolumeRule;
import io.clawpod.spawner.volume.VolumeRules;
import io.clawpod.spawner.volume.VolumeSource;
import java.net.URI;
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

    private static AgentEnv agentEnv(SpawnerConfig config) {
        try {
            return new AgentEnv(config.env().agents());
        } catch (InvalidValue e) {
            throw new InvalidValue("clawpod.env.agents." + e.field(), e.fault(), e.remedy());
        }
    }

    /** @throws InvalidValue whose field is the setting's full name */
    static ClusterSettings read(SpawnerConfig config, HeartbeatConfig heartbeat) {
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
                agentEnv(config),
                config.images().registry().orElse(""),
                pullPolicy(config.images().pullPolicy()),
                config.images().pullSecrets().orElse(List.of()),
                pod.runtimeClass().orElse(null),
                pod.priorityClass().orElse(null),
                pod.hostNetwork(),
                positive("clawpod.pod.termination-grace", pod.terminationGrace()),
                life(config, heartbeat),
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
                volumeRules(rules(config)),
                config.volumes()
                        .ownershipImage()
                        .map(SettingsReader::ownershipImage)
                        .orElse(null));
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
    static ReapSettings reap(ReapConfig config, BudgetConfig budget) {
        Budgets budgets = new Budgets(
                budget.schedule(), budget.pull(), budget.start(), budget.imageError(), config.nodeGoneAfter());
        return at("clawpod.reap", () -> new ReapSettings(config.dryRun(), config.neverStartedAfter(), budgets));
    }

    /** @throws InvalidValue whose field is the setting's full name */
    static HeartbeatSettings heartbeats(HeartbeatConfig config) {
        return at("clawpod.heartbeat", () -> new HeartbeatSettings(config.readEvery(), config.endAfter()));
    }

    private static LifeSettings life(SpawnerConfig config, HeartbeatConfig heartbeat) {
        SpawnerConfig.Pod pod = config.pod();
        Duration most = notNegative("clawpod.pod.max-retention", pod.maxRetention());
        Duration retention = notNegative("clawpod.pod.retention", pod.retention());
        if (retention.compareTo(most) > 0) {
            throw new InvalidValue(
                    "clawpod.pod.retention",
                    "is longer than sessions may ask for",
                    "use at most " + most + ", or raise clawpod.pod.max-retention");
        }
        return new LifeSettings(
                retention,
                most,
                Heartbeat.requireAge("clawpod.heartbeat.max-age", heartbeat.maxAge()),
                Heartbeat.OnStale.ofCode(heartbeat.onStale())
                        .orElseThrow(() ->
                                new InvalidValue("clawpod.heartbeat.on-stale", "is not known", "use report or end")),
                config.proxy().callsUrl().isPresent());
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

    /** @throws InvalidValue if it is no {@code http://host:port} */
    static Optional<URI> callsUrl(SpawnerConfig config) {
        return config.proxy().callsUrl().map(url -> {
            if (!"http".equals(url.getScheme()) || url.getHost() == null || url.getPort() < 1) {
                throw new InvalidValue("clawpod.proxy.calls-url", "is no address of a port", "write http://host:port");
            }
            return url;
        });
    }

    private static String ownershipImage(String image) {
        try {
            return SessionSpec.builder(image).build().image();
        } catch (InvalidValue fault) {
            throw new InvalidValue("clawpod.volumes.ownership-image", fault.fault(), fault.remedy());
        }
    }

    /** @throws InvalidValue whose field is the setting's full name */
    static VolumeSettings volumes(SpawnerConfig config) {
        SpawnerConfig.Volumes volumes = config.volumes();
        List<VolumeRule> rules = rules(config);
        return at(
                "clawpod.volumes",
                () -> new VolumeSettings(
                        rules,
                        Ownership.parse(volumes.ownership()),
                        volumes.file().orElse(null),
                        volumes.allowlist().file().orElse(null),
                        volumes.allowlist().governs(),
                        volumes.allowlist().home().orElse(null),
                        volumes.visibleAt().orElse(null)));
    }

    private static VolumeRules volumeRules(List<VolumeRule> rules) {
        return at("clawpod.volumes", () -> new VolumeRules(rules));
    }

    private static List<VolumeRule> rules(SpawnerConfig config) {
        Ownership usual =
                at("clawpod.volumes", () -> Ownership.parse(config.volumes().ownership()));
        List<SpawnerConfig.Volumes.Rule> rules = config.volumes().rules().orElse(List.of());
        List<VolumeRule> read = new ArrayList<>();
        for (int i = 0; i < rules.size(); i++) {
            SpawnerConfig.Volumes.Rule rule = rules.get(i);
            read.add(at(
                    "clawpod.volumes.rules[" + i + "]",
                    () -> new VolumeRule(
                            rule.hostPrefix(),
                            VolumeSource.parse(rule.source(), rule.node().orElse(null)),
                            rule.ownership().map(Ownership::parse).orElse(usual))));
        }
        return read;
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
