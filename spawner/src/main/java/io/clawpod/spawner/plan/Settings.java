package io.clawpod.spawner.plan;

import io.clawpod.spawner.session.Resources;
import io.clawpod.spawner.session.User;
import io.clawpod.spawner.volume.VolumeRules;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the operator has set for all agent pods.
 *
 * @param namespace of the agent pods
 * @param serviceAccount of the agent pods; has no rights and its token is not mounted
 * @param proxyHost DNS name of the credential proxy's Service
 * @param proxyPort its port
 * @param defaultUser for specs that name none
 * @param allowRoot whether a spec may ask for uid 0
 * @param refuseCredentials whether an environment that looks as if it held a real credential is refused
 * @param allowedEnv names that are exempt from that
 * @param agentEnv what every agent has in its environment beside that
 * @param registry prefix for images that name no registry; empty for none
 * @param imagePullPolicy Always, IfNotPresent or Never (Kubernetes API, Container.imagePullPolicy)
 * @param imagePullSecrets in the agents' namespace
 * @param runtimeClass of the agent pods; absent for the cluster's default
 * @param priorityClass of the agent pods; absent for the cluster's default
 * @param hostNetwork whether agents share their node's network
 * @param terminationGrace between asking an agent to stop and killing it; whole seconds
 * @param life how long sessions may live, and how they show that they do
 * @param requests what the scheduler reserves for an agent whose spec has no limits
 * @param limits for what a spec leaves open
 * @param volumes where host paths lie, as far as the settings themselves say
 * @param ownershipImage of the container that gives folders to a session's user; absent means the agent's own
 */
public record Settings(
        String namespace,
        String serviceAccount,
        String proxyHost,
        int proxyPort,
        User defaultUser,
        boolean allowRoot,
        boolean refuseCredentials,
        Set<String> allowedEnv,
        AgentEnv agentEnv,
        String registry,
        String imagePullPolicy,
        List<String> imagePullSecrets,
        @Nullable String runtimeClass,
        @Nullable String priorityClass,
        boolean hostNetwork,
        Duration terminationGrace,
        LifeSettings life,
        Resources requests,
        Resources limits,
        VolumeRules volumes,
        @Nullable String ownershipImage) {
    /** Where agents call the credential proxy. */
    public String proxyUrl() {
        return "http://" + proxyHost + ":" + proxyPort;
    }
}
