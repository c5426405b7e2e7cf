package io.clawpod.spawner.plan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.clawpod.common.Digests;
import io.clawpod.spawner.session.SessionSpec;
import io.clawpod.spawner.session.SpecHash;
import java.nio.charset.StandardCharsets;

/** Hashes specs: equal specs have equal hashes on every replica and in every version that reads the same fields. */
final class SpecHashes {
    private static final int SHA256_DIGITS = 64;

    private final ObjectMapper canonical = JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .enable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
            .build();

    SpecHash of(SessionSpec spec) {
        try {
            String json = canonical.writeValueAsString(spec);
            return new SpecHash(Digests.hex("SHA-256", json.getBytes(StandardCharsets.UTF_8), SHA256_DIGITS));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a spec always has a JSON form", e);
        }
    }
}
