package io.clawpod.spawner;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.type.TypeReference;
import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.cluster.ClusterSettings;
import io.clawpod.spawner.plan.LifeSettings;
import io.clawpod.spawner.plan.Settings;
import io.clawpod.spawner.session.Heartbeat.OnStale;
import io.clawpod.spawner.session.Mount;
import io.clawpod.spawner.session.Resources;
import io.clawpod.spawner.session.User;
import io.clawpod.spawner.testing.CaseFiles;
import io.clawpod.spawner.volume.VolumeSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

final class SettingsReaderTest {
    record WrongSettings(String name, Map<String, String> settings, String names) {}

    private static ClusterSettings read(Map<String, String> settings) {
        SmallRyeConfig all = new SmallRyeConfigBuilder()
                .withMapping(SpawnerConfig.class)
                .withMapping(ArchiveConfig.class)
                .withMapping(HeartbeatConfig.class)
                .withSources(new PropertiesConfigSource(settings, "case", 1))
                .build();
        SpawnerConfig config = all.getConfigMapping(SpawnerConfig.class);
        HeartbeatConfig heartbeat = all.getConfigMapping(HeartbeatConfig.class);
        SettingsReader.images(config);
        SettingsReader.callsUrl(config);
        SettingsReader.volumes(config);
        SettingsReader.heartbeats(heartbeat);
        SettingsReader.archive(all.getConfigMapping(ArchiveConfig.class));
        SettingsReader.s3(all.getConfigMapping(ArchiveConfig.class));
        return SettingsReader.read(config, heartbeat);
    }

    @TestFactory
    Stream<DynamicTest> aWrongSettingIsNamedInFull() {
        return CaseFiles.table("wrong-settings.yaml", new TypeReference<List<WrongSettings>>() {}).stream()
                .map(wrong -> DynamicTest.dynamicTest(wrong.name(), () -> {
                    InvalidValue fault = assertThrows(InvalidValue.class, () -> read(wrong.settings()));
                    assertEquals(wrong.names(), fault.field());
                    assertFalse(fault.remedy().isBlank());
                }));
    }

    @TestFactory
    Stream<DynamicTest> whatHasAnotherTypeOrIsMisspeltStopsTheStart() {
        return Stream.of(
                        Map.of("clawpod.proxy.port", "many"),
                        Map.of("clawpod.pod.retention", "soon"),
                        Map.of("clawpod.pod.retension", "PT1H"),
                        Map.of("clawpod.volumes.rules[0].source", "hostPath"),
                        Map.of("clawpod.volumes.rules[0].host-prefix", "/a"))
                .map(settings -> DynamicTest.dynamicTest(settings.toString(), () -> {
                    RuntimeException fault = assertThrows(RuntimeException.class, () -> read(settings));
                    String name = settings.keySet().iterator().next();
                    String near = name.substring(0, name.lastIndexOf('.'));
                    assertTrue(String.valueOf(fault.getMessage()).contains(near), String.valueOf(fault.getMessage()));
                }));
    }

    @Test
    void withoutSettingsTheDefaultsHold() {
        ClusterSettings settings = read(Map.of());
        Settings plan = settings.plan();
        assertEquals("clawpod-agents", plan.namespace());
        assertEquals("agent", plan.serviceAccount());
        assertEquals("credential-proxy.clawpod.svc.cluster.local", plan.proxyHost());
        assertEquals(3001, plan.proxyPort());
        assertEquals(new User(1000, 1000L), plan.defaultUser());
        assertFalse(plan.allowRoot());
        assertTrue(plan.refuseCredentials());
        assertEquals(Set.of(), plan.allowedEnv());
        assertEquals("", plan.registry());
        assertEquals("IfNotPresent", plan.imagePullPolicy());
        assertEquals(Duration.ofSeconds(10), plan.terminationGrace());
        assertEquals(
                new LifeSettings(
                        Duration.ofHours(1), Duration.ofDays(7), Duration.ofMinutes(30), OnStale.REPORT, false),
                plan.life());
        assertEquals(new Resources(100L, 268435456L, null, null, null), plan.requests());
        assertEquals(new Resources(null, 4294967296L, null, null, null), plan.limits());
        assertEquals(List.of(), plan.volumes().prefixes());
        assertEquals("clawpod", settings.proxyNamespace());
        assertEquals("credential-proxy", settings.proxyService());
        assertEquals("clawpod", settings.keyNamespace());
        assertEquals("spawner-signing-key", settings.keySecret());
        assertEquals("clawpod-spawner", settings.issuer());
        assertEquals(Duration.ofDays(30), settings.tokenLifetime());
    }

    @Test
    void whereAgentsRunIsTaken() {
        ClusterSettings settings = read(Map.of(
                "clawpod.pod.priority-class", "agents",
                "clawpod.pod.runtime-class", "gvisor",
                "clawpod.pod.host-network", "true",
                "clawpod.proxy.address", "127.0.0.1"));
        assertEquals("agents", settings.plan().priorityClass());
        assertEquals("gvisor", settings.plan().runtimeClass());
        assertTrue(settings.plan().hostNetwork());
        assertEquals("127.0.0.1", settings.proxyAddress());
    }

    @Test
    void whatIsSetIsTaken() {
        Settings plan = read(Map.of(
                        "clawpod.proxy.namespace", "gate",
                        "clawpod.proxy.service", "proxy",
                        "clawpod.cluster-domain", "corp.example",
                        "clawpod.images.pull-secrets", "a,b",
                        "clawpod.env.allowed", "X_TOKEN,Y_KEY",
                        "clawpod.pod.limit-cpu-millis", "2000",
                        "clawpod.volumes.rules[0].host-prefix", "/a",
                        "clawpod.volumes.rules[0].source", "pvc:data/x",
                        "clawpod.volumes.rules[1].host-prefix", "/b",
                        "clawpod.volumes.rules[1].source", "hostPath"))
                .plan();
        assertEquals("proxy.gate.svc.corp.example", plan.proxyHost());
        assertEquals(List.of("a", "b"), plan.imagePullSecrets());
        assertEquals(Set.of("X_TOKEN", "Y_KEY"), plan.allowedEnv());
        assertEquals(new Resources(2000L, 4294967296L, null, null, null), plan.limits());
        assertEquals(List.of("/a", "/b"), plan.volumes().prefixes());
        assertEquals(
                new VolumeSource.Claim("data", "x"),
                plan.volumes()
                        .place(new Mount("/a/f", "/f", true))
                        .orElseThrow()
                        .rule()
                        .source());
    }
}
