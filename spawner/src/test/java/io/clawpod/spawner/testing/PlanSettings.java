package io.clawpod.spawner.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.clawpod.spawner.api.SpecForm;
import io.clawpod.spawner.plan.AgentEnv;
import io.clawpod.spawner.plan.LifeSettings;
import io.clawpod.spawner.plan.Settings;
import io.clawpod.spawner.session.Heartbeat.OnStale;
import io.clawpod.spawner.session.Resources;
import io.clawpod.spawner.session.User;
import io.clawpod.spawner.volume.Ownership;
import io.clawpod.spawner.volume.VolumeRule;
import io.clawpod.spawner.volume.VolumeRules;
import io.clawpod.spawner.volume.VolumeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The operator's settings as they come, but for what a case sets otherwise. */
public final class PlanSettings {
    public static final Settings DEFAULTS = with(JsonNodeFactory.instance.objectNode());

    private PlanSettings() {}

    /** @param other what is set otherwise, by the names of {@link Settings}; {@code rules} as in the configuration */
    public static Settings with(JsonNode other) {
        return new Settings(
                "clawpod-agents",
                "agent",
                "credential-proxy.clawpod.svc.cluster.local",
                3001,
                User.parse(other.path("defaultUser").asText("1000:1000")),
                other.path("allowRoot").asBoolean(false),
                other.path("refuseCredentials").asBoolean(true),
                Set.copyOf(texts(other.path("allowedEnv"))),
                new AgentEnv(byName(other.path("agentEnv"))),
                other.path("registry").asText(""),
                other.path("imagePullPolicy").asText("IfNotPresent"),
                texts(other.path("imagePullSecrets")),
                text(other.path("runtimeClass")),
                text(other.path("priorityClass")),
                other.path("hostNetwork").asBoolean(false),
                Duration.parse(other.path("terminationGrace").asText("PT10S")),
                new LifeSettings(
                        Duration.parse(other.path("retention").asText("PT1H")),
                        Duration.parse(other.path("maxRetention").asText("P7D")),
                        Duration.parse(other.path("heartbeatMaxAge").asText("PT30M")),
                        OnStale.ofCode(other.path("onStale").asText("report")).orElseThrow(),
                        other.path("callsCounted").asBoolean(false)),
                new Resources(100L, 268435456L, null, null, null),
                other.has("limits") ? limits(other.path("limits")) : new Resources(null, 4294967296L, null, null, null),
                new VolumeRules(rules(other.path("rules"))),
                text(other.path("ownershipImage")));
    }

    private static Resources limits(JsonNode limits) {
        return SpecForm.read(JsonNodeFactory.instance
                        .objectNode()
                        .put("image", "any")
                        .set("resources", limits))
                .resources();
    }

    private static List<VolumeRule> rules(JsonNode nodes) {
        List<VolumeRule> rules = new ArrayList<>();
        nodes.forEach(rule -> rules.add(new VolumeRule(
                rule.path("hostPrefix").asText(),
                VolumeSource.parse(rule.path("source").asText(), text(rule.path("node"))),
                Ownership.parse(rule.path("ownership").asText("fs-group")))));
        return rules;
    }

    private static Map<String, String> byName(JsonNode nodes) {
        Map<String, String> texts = new TreeMap<>();
        nodes.properties()
                .forEach(field -> texts.put(field.getKey(), field.getValue().asText()));
        return texts;
    }

    private static List<String> texts(JsonNode nodes) {
        List<String> texts = new ArrayList<>();
        nodes.forEach(node -> texts.add(node.asText()));
        return texts;
    }

    private static @Nullable String text(JsonNode node) {
        return node.isMissingNode() || node.isNull() ? null : node.asText();
    }
}
