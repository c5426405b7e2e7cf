package io.clawpod.spawner.plan;

import io.clawpod.common.InvalidValue;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Variables that the operator gives to every agent beside those of Anthropic, so that clients of other APIs find the credential
 * proxy too: {@code {proxy}} in a value is the proxy's URL, and {@code {token}} the session's token, in whatever shape the
 * client wants its key to have. The token itself is in no pod: the kubelet puts it in.
 *
 * @param values by name
 * @see <a href="https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/">Dependent
 *     environment variables</a>
 */
public record AgentEnv(Map<String, String> values) {
    public static final AgentEnv NONE = new AgentEnv(Map.of());

    private static final String PROXY = "{proxy}";
    private static final String TOKEN = "{token}";
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    private static final int MAX_VALUE = 4096;

    /** @throws InvalidValue whose field is the variable's name */
    public AgentEnv {
        values = Map.copyOf(values);
        // The first by name, so that the same one is always named.
        new TreeMap<>(values).forEach(AgentEnv::check);
    }

    private static void check(String name, String value) {
        if (!NAME.matcher(name).matches()) {
            throw new InvalidValue(name, "is no name of a variable", "use letters, digits and underscores");
        }
        if (EnvPlan.REPLACED.contains(name)) {
            throw new InvalidValue(name, "is the spawner's own", "leave it out; it leads to the route / of the proxy");
        }
        if (value.length() > MAX_VALUE || value.indexOf('\0') >= 0) {
            throw new InvalidValue(name, "is too long or holds NUL", "use up to " + MAX_VALUE + " characters");
        }
        if (CredentialShapes.isCredential(value.replace(TOKEN, ""))) {
            throw new InvalidValue(
                    name,
                    "looks like a real credential",
                    "give that to the credential proxy, and agents " + TOKEN + " in its place");
        }
    }

    /** What stands in the pod: the kubelet expands the reference, so whatever is referred to has to stand before it. */
    Map<String, String> inPod(String proxyUrl) {
        TreeMap<String, String> inPod = new TreeMap<>();
        values.forEach((name, value) -> inPod.put(
                name, EnvPlan.escaped(value).replace(PROXY, proxyUrl).replace(TOKEN, "$(" + EnvPlan.API_KEY + ")")));
        return inPod;
    }
}
