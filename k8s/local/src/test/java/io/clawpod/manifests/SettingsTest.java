package io.clawpod.manifests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The shipped settings, and that what they name is what the other manifests make. */
final class SettingsTest {
    private static Manifests manifests = new Manifests(List.of());

    @BeforeAll
    static void render() {
        manifests = Manifests.rendered();
    }

    @ParameterizedTest
    @ValueSource(strings = {"spawner", "credential-proxy"})
    void theMountedFileHoldsExactlyTheSettingsOfTheTable(String component) {
        Map<String, String> expected = new TreeMap<>();
        Manifests.table("settings.txt").stream()
                .filter(row -> row.get(0).equals(component))
                .forEach(row -> expected.put(row.get(1), row.get(2)));

        assertEquals(expected, settings(component));
    }

    @Test
    void namesInTheSettingsAreThoseOfRenderedObjects() {
        Map<String, String> spawner = settings("spawner");
        manifests.one(Namespace.class, null, Manifests.at(spawner, "clawpod.agents.namespace"));
        manifests.one(
                Secret.class,
                Manifests.at(spawner, "clawpod.signing-key.namespace"),
                Manifests.at(spawner, "clawpod.signing-key.secret"));
        Service proxy = manifests.one(
                Service.class,
                Manifests.at(spawner, "clawpod.proxy.namespace"),
                Manifests.at(spawner, "clawpod.proxy.service"));
        assertEquals(
                Manifests.at(spawner, "clawpod.proxy.port"),
                proxy.getSpec().getPorts().get(0).getPort().toString());
        assertEquals(
                Manifests.at(spawner, "clawpod.agents.namespace"),
                setting("credential-proxy", "clawpod.agents.namespace"));
    }

    @Test
    void theProxyAsksTheSpawnersServiceForTheKeys() {
        URI keys = URI.create(setting("credential-proxy", "clawpod.identity.jwks-url"));
        Service spawner = manifests.one(Service.class, "clawpod", "spawner");

        assertEquals("spawner.clawpod.svc." + setting("spawner", "clawpod.cluster-domain"), keys.getHost());
        assertEquals(spawner.getSpec().getPorts().get(0).getPort(), keys.getPort());
    }

    @Test
    void credentialsAreReadFromWhereTheirSecretsAreMounted() {
        PodSpec proxy = manifests.template("clawpod", "credential-proxy").getSpec();
        String routes = volumeAt(proxy, "/etc/clawpod/routes").getConfigMap().getName();
        assertEquals("credential-proxy-routes", routes, "a name that changes would restart the proxy for each route");
        Map<?, ?> file = Manifests.mapping(
                Manifests.at(manifests.one(ConfigMap.class, "clawpod", routes).getData(), "routes.yaml"));
        Map<?, ?> credentials = (Map<?, ?>) Objects.requireNonNull(file.get("credentials"));
        assertFalse(credentials.isEmpty());
        credentials.forEach((name, credential) -> {
            Object folder = ((Map<?, ?>) credential).get("directory");
            assertEquals(
                    name + "-credential",
                    volumeAt(proxy, folder == null ? "/var/run/secrets/clawpod/credentials/" + name : folder.toString())
                            .getSecret()
                            .getSecretName());
        });
        PodSpec spawner = manifests.template("clawpod", "spawner").getSpec();
        String tokens = setting("spawner", "clawpod.callers.token-file");
        assertTrue(tokens.endsWith("/tokens"), tokens);
        assertEquals(
                setting("spawner", "clawpod.callers.secret"),
                "clawpod/"
                        + volumeAt(spawner, tokens.substring(0, tokens.lastIndexOf('/')))
                                .getSecret()
                                .getSecretName());
    }

    @Test
    void theVolumeRulesAreInAFileWhoseConfigMapKeepsItsName() {
        String file = setting("spawner", "clawpod.volumes.file");
        PodSpec spawner = manifests.template("clawpod", "spawner").getSpec();
        String map = volumeAt(spawner, file.substring(0, file.lastIndexOf('/')))
                .getConfigMap()
                .getName();
        assertEquals("spawner-volumes", map, "a name that changes would restart the spawner for each rule");
        Map<?, ?> rules = Manifests.mapping(Manifests.at(
                manifests.one(ConfigMap.class, "clawpod", map).getData(), file.substring(file.lastIndexOf('/') + 1)));
        assertEquals(List.of(), rules.get("rules"));
    }

    private static String setting(String component, String key) {
        return Manifests.at(settings(component), key);
    }

    /** Follows the way the service takes: the variable, the mount, the ConfigMap, the YAML in it. */
    private static Map<String, String> settings(String component) {
        PodSpec pod = manifests.template("clawpod", component).getSpec();
        String file = pod.getContainers().get(0).getEnv().stream()
                .filter(variable -> variable.getName().equals("QUARKUS_CONFIG_LOCATIONS"))
                .map(EnvVar::getValue)
                .findFirst()
                .orElseThrow();
        int slash = file.lastIndexOf('/');
        String name = volumeAt(pod, file.substring(0, slash)).getConfigMap().getName();
        String yaml =
                Manifests.at(manifests.one(ConfigMap.class, "clawpod", name).getData(), file.substring(slash + 1));
        Map<String, String> flat = new TreeMap<>();
        flatten("", Manifests.mapping(yaml), flat);
        return flat;
    }

    private static Volume volumeAt(PodSpec pod, String folder) {
        Container container = pod.getContainers().get(0);
        String name = container.getVolumeMounts().stream()
                .filter(mount -> mount.getMountPath().equals(folder) && mount.getSubPath() == null)
                .map(VolumeMount::getName)
                .findFirst()
                .orElseThrow(() -> new AssertionError("nothing is mounted at " + folder));
        return pod.getVolumes().stream()
                .filter(volume -> volume.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static void flatten(String prefix, Map<?, ?> from, Map<String, String> into) {
        from.forEach((key, value) -> {
            if (value instanceof Map<?, ?> nested) {
                flatten(prefix + key + ".", nested, into);
            } else {
                into.put(prefix + key, String.valueOf(value));
            }
        });
    }
}
