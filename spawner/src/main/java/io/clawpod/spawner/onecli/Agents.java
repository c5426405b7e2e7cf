package io.clawpod.spawner.onecli;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.session.Sessions;
import io.quarkus.runtime.Startup;
import jakarta.inject.Singleton;
import java.util.List;

/** What hosts are told of agents. Started with the application, so that a wrong setting stops it at once. Thread-safe. */
@Singleton
@Startup
class Agents {
    private final Sessions sessions;
    private final ContainerConfig config;

    Agents(Sessions sessions, ProxyUrl proxy, OneCliSettings settings) {
        this.sessions = sessions;
        this.config = ContainerConfig.of(proxy.value(), settings);
    }

    /** Whether the cluster knows the agent already: it has a session. */
    boolean isKnown(Agent agent) {
        return !sessions.list(session -> agent.identifier().equals(session.group()))
                .isEmpty();
    }

    /**
     * The same for every agent: what tells them apart is the token that each pod gets.
     *
     * @param identifiers of the agent, as the query has them
     * @throws InvalidValue unless it is one that can be a group
     */
    ContainerConfig config(List<String> identifiers) {
        if (identifiers.size() != 1) {
            throw new InvalidValue(
                    "agent", identifiers.isEmpty() ? "is missing" : "is given twice", "write ?agent=<group> once");
        }
        Agent.requireGroup("agent", identifiers.get(0));
        return config;
    }
}
