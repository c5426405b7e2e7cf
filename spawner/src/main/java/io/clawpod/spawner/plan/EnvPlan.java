package io.clawpod.spawner.plan;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.session.SessionSpec;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/**
 * A pod's environment: the spec's own variables, and ours, which lead the agent to the credential proxy and give it its
 * session token in place of a key.
 */
final class EnvPlan {
    static final String BASE_URL = "ANTHROPIC_BASE_URL";
    static final String API_KEY = "ANTHROPIC_API_KEY";

    // What an agent could authenticate with instead of the token; a placeholder among them would win over it.
    static final Set<String> REPLACED = Set.of(
            BASE_URL, API_KEY, "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN", "CLAUDE_CODE_OAUTH_REFRESH_TOKEN");

    private EnvPlan() {}

    /**
     * @param warnings gets a line for each variable of the spec that is replaced
     * @throws InvalidValue if a variable looks as if it held a real credential
     */
    static List<EnvVar> of(SessionSpec spec, Settings settings, String secretName, List<String> warnings) {
        TreeMap<String, EnvVar> env = new TreeMap<>();
        spec.env().forEach((name, value) -> {
            if (settings.refuseCredentials() && !settings.allowedEnv().contains(name)) {
                refuseCredential(name, value);
            }
            if (REPLACED.contains(name)) {
                warnings.add("env " + name + " is replaced: the agent authenticates to the credential proxy");
            } else if (settings.agentEnv().values().containsKey(name)) {
                warnings.add("env " + name + " is replaced: clawpod.env.agents sets it for every agent");
            } else {
                env.put(name, new EnvVar(name, escaped(value), null));
            }
        });
        env.put(BASE_URL, new EnvVar(BASE_URL, settings.proxyUrl(), null));
        env.put(
                API_KEY,
                new EnvVarBuilder()
                        .withName(API_KEY)
                        .withNewValueFrom()
                        .withNewSecretKeyRef(TokenSecret.KEY, secretName, false)
                        .endValueFrom()
                        .build());
        List<EnvVar> all = new ArrayList<>(env.values());
        // Behind the token, which they may refer to.
        settings.agentEnv().inPod(settings.proxyUrl()).forEach((name, value) -> all.add(new EnvVar(name, value, null)));
        return all;
    }

    private static void refuseCredential(String name, String value) {
        boolean ours = REPLACED.contains(name);
        boolean credential =
                CredentialShapes.isCredential(value) || (!ours && CredentialShapes.isNamedCredential(name, value));
        if (credential) {
            throw new InvalidValue(
                    "env." + name,
                    "looks like a real credential",
                    "give it to the credential proxy, or list the name in clawpod.env.allowed");
        }
    }

    /**
     * Kubernetes expands {@code $(NAME)} in values and takes every {@code $$} for one dollar, also where no parenthesis
     * follows (Kubernetes API, EnvVar.value), so a shell's {@code $$} must be doubled as well.
     */
    static String escaped(String value) {
        return value.replace("$", "$$");
    }
}
