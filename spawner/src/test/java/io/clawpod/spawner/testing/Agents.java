package io.clawpod.spawner.testing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Session specs, as JSON, of agents that run a shell script in the test image. */
public final class Agents {
    private static final ObjectMapper JSON = new ObjectMapper();
    public static final String IMAGE = System.getenv().getOrDefault("CLAWPOD_TEST_AGENT_IMAGE", "clawpod-test/agent:1");

    private Agents() {}

    public static String bash(String script) {
        return spec(script, Map.of());
    }

    /** @param more further members of the spec */
    public static String spec(String script, Map<String, Object> more) {
        Map<String, Object> spec = new TreeMap<>(more);
        spec.put("image", IMAGE);
        spec.put("command", List.of("bash", "-c", script));
        spec.put("env", Map.of("MINE", "a $(b) $c"));
        try {
            return JSON.writeValueAsString(spec);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
