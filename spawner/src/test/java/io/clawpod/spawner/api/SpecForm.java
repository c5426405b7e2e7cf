package io.clawpod.spawner.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.clawpod.spawner.session.SessionSpec;

/** Reads specs from cases by the one way in that callers have. */
public final class SpecForm {
    private static final JsonMapper JSON = new JsonMapper();

    private SpecForm() {}

    public static SessionSpec read(JsonNode spec) {
        try {
            return new SpecReader().read(JSON.writeValueAsBytes(spec));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("a tree always has a JSON form", e);
        }
    }
}
