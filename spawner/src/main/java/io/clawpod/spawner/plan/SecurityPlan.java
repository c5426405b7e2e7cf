package io.clawpod.spawner.plan;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.session.SessionSpec;
import io.clawpod.spawner.session.User;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSecurityContextBuilder;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.SecurityContextBuilder;
import java.util.List;

/**
 * What an agent may do on its node. Meets the {@code restricted} Pod Security Standard unless the spec asks for root and
 * the settings allow it.
 */
final class SecurityPlan {
    private SecurityPlan() {}

    /**
     * @param forGroup whether volumes are to be given to the session's group
     * @throws InvalidValue if the spec asks for root and the settings do not allow it
     */
    static PodSecurityContext pod(SessionSpec spec, Settings settings, boolean forGroup) {
        User user = spec.user() == null ? settings.defaultUser() : spec.user();
        if (user.isRoot() && !settings.allowRoot()) {
            throw new InvalidValue(
                    "user", "is root", "use another uid, or set clawpod.pod.allow-root where the namespace allows it");
        }
        return new PodSecurityContextBuilder()
                .withRunAsNonRoot(!user.isRoot())
                .withRunAsUser(user.uid())
                .withRunAsGroup(user.effectiveGid())
                .withFsGroup(forGroup ? user.effectiveGid() : null)
                // Walking a large shared folder at each start takes minutes; only a wrong root is worth it.
                .withFsGroupChangePolicy(forGroup ? "OnRootMismatch" : null)
                .withSupplementalGroups(spec.supplementalGroups())
                .withNewSeccompProfile()
                .withType("RuntimeDefault")
                .endSeccompProfile()
                .build();
    }

    static SecurityContext container(SessionSpec spec) {
        List<String> add = List.copyOf(spec.privileges().addCapabilities());
        return new SecurityContextBuilder()
                .withAllowPrivilegeEscalation(false)
                .withReadOnlyRootFilesystem(spec.privileges().readOnlyRootFilesystem() ? Boolean.TRUE : null)
                .withNewCapabilities()
                .withDrop("ALL")
                .withAdd(add)
                .endCapabilities()
                .build();
    }
}
