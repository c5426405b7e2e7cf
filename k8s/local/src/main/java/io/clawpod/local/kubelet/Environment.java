package io.clawpod.local.kubelet;

import io.clawpod.local.apiserver.ObjectStore;
import io.clawpod.local.apiserver.ResourcePath;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvFromSource;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarSource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Resolves the environment of a container: literals, Secrets, ConfigMaps and the pod's own fields, and nothing else. */
final class Environment {
    private static final Pattern REFERENCE = Pattern.compile("\\$\\$|\\$\\(([-._a-zA-Z][-._a-zA-Z0-9]*)\\)");

    private final ObjectStore store;
    private final Pod pod;
    private final String podIp;

    /** What a variable refers to is not there, which the kubelet calls a CreateContainerConfigError. */
    static final class Missing extends Exception {
        Missing(String message) {
            super(message);
        }
    }

    Environment(ObjectStore store, Pod pod, String podIp) {
        this.store = store;
        this.pod = pod;
        this.podIp = podIp;
    }

    Map<String, String> resolve(Container container) throws Missing {
        Map<String, String> env = new LinkedHashMap<>();
        for (EnvFromSource source : Objects.requireNonNullElse(container.getEnvFrom(), List.<EnvFromSource>of())) {
            String prefix = Objects.requireNonNullElse(source.getPrefix(), "");
            all(source).forEach((name, value) -> env.put(prefix + name, value));
        }
        for (EnvVar variable : Objects.requireNonNullElse(container.getEnv(), List.<EnvVar>of())) {
            String value = variable.getValueFrom() == null
                    ? expand(Objects.requireNonNullElse(variable.getValue(), ""), env)
                    : value(variable.getValueFrom());
            if (value != null) {
                env.put(variable.getName(), value);
            }
        }
        return env;
    }

    /**
     * Expands {@code $(NAME)}; {@code $$} is one dollar sign, and what is not known stays as it is.
     *
     * @see <a href="https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/">
     *     Dependent variables</a>
     */
    static String expand(String text, Map<String, String> env) {
        return REFERENCE.matcher(text).replaceAll(match -> {
            String name = match.group(1);
            return Matcher.quoteReplacement(name == null ? "$" : env.getOrDefault(name, match.group()));
        });
    }

    private Map<String, String> all(EnvFromSource source) throws Missing {
        if (source.getSecretRef() != null) {
            String name = source.getSecretRef().getName();
            Map<String, String> values = secret(name);
            return require(values, source.getSecretRef().getOptional(), "secret \"" + name + "\" not found");
        }
        if (source.getConfigMapRef() != null) {
            String name = source.getConfigMapRef().getName();
            Map<String, String> values = configMap(name);
            return require(values, source.getConfigMapRef().getOptional(), "configmap \"" + name + "\" not found");
        }
        return Map.of();
    }

    private static Map<String, String> require(
            @Nullable Map<String, String> values, @Nullable Boolean optional, String message) throws Missing {
        if (values == null && !Boolean.TRUE.equals(optional)) {
            throw new Missing(message);
        }
        return values == null ? Map.of() : values;
    }

    private @Nullable String value(EnvVarSource source) throws Missing {
        if (source.getSecretKeyRef() != null) {
            var ref = source.getSecretKeyRef();
            return key("secret", ref.getName(), ref.getKey(), ref.getOptional(), secret(ref.getName()));
        }
        if (source.getConfigMapKeyRef() != null) {
            var ref = source.getConfigMapKeyRef();
            return key("configmap", ref.getName(), ref.getKey(), ref.getOptional(), configMap(ref.getName()));
        }
        if (source.getFieldRef() != null) {
            return field(source.getFieldRef().getFieldPath());
        }
        throw new Missing("a variable's source is of a kind that the embedded cluster does not resolve");
    }

    private @Nullable String key(
            String kind, String name, String key, @Nullable Boolean optional, @Nullable Map<String, String> values)
            throws Missing {
        if (values != null && values.containsKey(key)) {
            return values.get(key);
        }
        if (Boolean.TRUE.equals(optional)) {
            return null;
        }
        String namespace = pod.getMetadata().getNamespace();
        throw new Missing(
                values == null
                        ? kind + " \"" + name + "\" not found"
                        : "couldn't find key " + key + " in " + kind + " " + namespace + "/" + name);
    }

    private String field(String path) throws Missing {
        return switch (path) {
            case "metadata.name" -> pod.getMetadata().getName();
            case "metadata.namespace" -> pod.getMetadata().getNamespace();
            case "metadata.uid" -> pod.getMetadata().getUid();
            case "spec.nodeName" -> Kubelet.NODE;
            case "spec.serviceAccountName" -> pod.getSpec().getServiceAccountName();
            case "status.podIP", "status.podIPs" -> podIp;
            case "status.hostIP", "status.hostIPs" -> Kubelet.HOST_IP;
            default -> throw new Missing("unsupported fieldPath: " + path);
        };
    }

    private @Nullable Map<String, String> secret(String name) {
        Secret secret = store.find(ResourcePath.core(pod.getMetadata().getNamespace(), "secrets", name), Secret.class);
        if (secret == null) {
            return null;
        }
        Map<String, String> plain = new LinkedHashMap<>();
        Objects.requireNonNullElse(secret.getData(), Map.<String, String>of())
                .forEach((key, value) ->
                        plain.put(key, new String(Base64.getDecoder().decode(value), StandardCharsets.UTF_8)));
        return plain;
    }

    private @Nullable Map<String, String> configMap(String name) {
        ConfigMap map =
                store.find(ResourcePath.core(pod.getMetadata().getNamespace(), "configmaps", name), ConfigMap.class);
        return map == null ? null : Objects.requireNonNullElse(map.getData(), Map.of());
    }
}
