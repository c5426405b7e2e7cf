package io.clawpod.spawner;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The spawner's settings. A name under {@code clawpod.} that is not here stops the start: it is misspelt. */
@ConfigMapping(prefix = "clawpod")
public interface SpawnerConfig {
    Agents agents();

    Proxy proxy();

    /** The cluster's DNS domain. */
    @WithDefault("cluster.local")
    String clusterDomain();

    Callers callers();

    SigningKey signingKey();

    Volumes volumes();

    Images images();

    Pod pod();

    Env env();

    /** Where agents run. */
    interface Agents {
        @WithDefault("clawpod-agents")
        String namespace();

        /** A ServiceAccount without rights; its token is not mounted. */
        @WithDefault("agent")
        String serviceAccount();
    }

    /** The credential proxy's Service. */
    interface Proxy {
        @WithDefault("clawpod")
        String namespace();

        @WithDefault("credential-proxy")
        String service();

        @WithDefault("3001")
        int port();

        /** Where agents find it instead of at the Service's ClusterIP. */
        Optional<String> address();

        /**
         * Management port of the proxies, {@code http://host:port}, where the spawner asks them what sessions have called; each
         * address of the host is a proxy. Absent: it does not ask.
         */
        Optional<URI> callsUrl();
    }

    /** Who may call the API. */
    interface Callers {
        /** A line for each caller: name, space, token. */
        Optional<Path> tokenFile();

        /** The Secret that the file is mounted from, {@code namespace/name}; readiness names it while the file is wrong. */
        Optional<String> secret();

        /** ServiceAccounts, each {@code namespace/name}, whose tokens for the audience clawpod-spawner are accepted. */
        Optional<Set<String>> serviceAccounts();
    }

    /** The Secret that holds the key of session tokens. */
    interface SigningKey {
        @WithDefault("clawpod")
        String namespace();

        @WithDefault("spawner-signing-key")
        String secret();

        /** How long a token is good at most; the end of its pod ends it before. */
        @WithDefault("P30D")
        Duration tokenLifetime();

        /** How long a key signs; longer if tokens of the key before it can still be good. */
        @WithDefault("P30D")
        Duration rotateAfter();
    }

    /** Where host paths lie in the cluster. */
    interface Volumes {
        Optional<List<Rule>> rules();

        /** How agents come to write folders that others have made: {@code none}, {@code fs-group} or {@code chown}. */
        @WithDefault("fs-group")
        String ownership();

        /** Of the container that gives folders to agents, with sh, find, chown and chmod; absent means the agent's own. */
        Optional<String> ownershipImage();
        /** A file with further rules, read again when it changes: {@code rules:} and a list, each as here. */
        Optional<Path> file();

        Allowlist allowlist();

        /** A folder in which the spawner sees the host's root folder, or parts of it; absent if it sees none. */
        Optional<Path> visibleAt();

        /** The host's own list of folders that may be mounted besides its own. */
        interface Allowlist {
            /** mount-allowlist.json, read again when it changes; absent means that the host alone applies it. */
            Optional<Path> file();

            /** The folder in the container below which a mount needs its leave. */
            @WithDefault("/workspace/extra")
            String governs();

            /** What {@code ~} stands for in it. */
            Optional<String> home();
        }

        /** The longest prefix that holds a path decides. */
        interface Rule {
            String hostPrefix();

            /** {@code pvc:<claim>[/<subPath>]}, {@code nfs:<server>:<path>} or {@code hostPath}. */
            String source();

            /** For hostPath and pvc, the node that has it: pods that use it run there. Absent for any. */
            Optional<String> node();

            /** As {@link Volumes#ownership}, for this rule alone. */
            Optional<String> ownership();
        }
    }

    /** Where agents' images come from. */
    interface Images {
        /** Put before images that name no registry. */
        Optional<String> registry();

        @WithDefault("IfNotPresent")
        String pullPolicy();

        Optional<List<String>> pullSecrets();

        /**
         * A docker {@code config.json} with which the spawner itself asks registries, for {@code docker image inspect} and
         * {@code docker pull}; absent for none. Nodes pull with {@link #pullSecrets}.
         */
        Optional<Path> registryAuth();

        /** Registries, each {@code host[:port]}, that the spawner asks by http. */
        Optional<Set<String>> insecureRegistries();
    }

    /** What all agent pods have in common. */
    interface Pod {
        @WithDefault("1000:1000")
        String defaultUser();

        @WithDefault("false")
        boolean allowRoot();

        Optional<String> runtimeClass();

        Optional<String> priorityClass();

        /** Whether agents share their node's network. No network policy holds for them then. */
        @WithDefault("false")
        boolean hostNetwork();

        @WithDefault("PT10S")
        Duration terminationGrace();

        @WithDefault("PT1H")
        Duration retention();

        /** The longest retention that a session may ask for. */
        @WithDefault("P7D")
        Duration maxRetention();

        @WithDefault("100")
        long requestCpuMillis();

        @WithDefault("268435456")
        long requestMemoryBytes();

        Optional<Long> limitCpuMillis();

        @WithDefault("4294967296")
        long limitMemoryBytes();

        Optional<Long> limitEphemeralStorageBytes();
    }

    /** What an agent's environment may hold. */
    interface Env {
        @WithDefault("true")
        boolean refuseCredentials();

        /** Names that are exempt from it. */
        Optional<Set<String>> allowed();

        /**
         * Variables of every agent, by name; {@code {proxy}} in a value becomes the credential proxy's URL, and {@code {token}} the
         * session's token.
         */
        Map<String, String> agents();
    }
}
