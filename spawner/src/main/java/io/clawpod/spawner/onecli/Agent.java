package io.clawpod.spawner.onecli;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.session.SessionSpec;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.io.IOException;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * An agent, which is an agent group. There is no time at which it was made: a group is there as soon as it is named.
 *
 * @param id the identifier: nothing else names a group
 * @param name for people, as the host gave it
 * @param identifier the agent group id
 */
@RegisterForReflection
@JsonPropertyOrder({"id", "name", "identifier"})
@Schema(name = "Agent")
record Agent(@Schema(readOnly = true) String id, String name, String identifier) {
    private static final String REMEDY = "send a JSON object such as {\"name\":\"Family\",\"identifier\":\"ag-1\"}";

    // Fields that newer hosts send besides (parentIdentifier) are left alone: they change nothing here.
    private static final ObjectReader READER = JsonMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build()
            .readerFor(JsonNode.class);

    Agent {
        requireGroup("name", name);
        requireGroup("identifier", identifier);
    }

    /** @throws InvalidValue naming {@code body} or the field that is wrong */
    static Agent read(byte[] json) {
        JsonNode body;
        try {
            body = READER.readTree(json);
        } catch (JsonProcessingException malformed) {
            throw new InvalidValue("body", "is not JSON", REMEDY);
        } catch (IOException impossible) {
            throw new IllegalStateException("bytes in memory can be read", impossible);
        }
        if (!body.isObject()) {
            throw new InvalidValue("body", "is not a JSON object", REMEDY);
        }
        String identifier = text(body, "identifier");
        return new Agent(identifier, text(body, "name"), identifier);
    }

    private static String text(JsonNode body, String field) {
        JsonNode value = body.path(field);
        if (value.isMissingNode() || value.isNull()) {
            throw new InvalidValue(field, "is missing", REMEDY);
        }
        if (!value.isTextual()) {
            throw new InvalidValue(field, "is not a text", REMEDY);
        }
        return value.textValue();
    }

    /** @throws InvalidValue if {@code value} cannot be a session's group */
    static void requireGroup(String field, String value) {
        try {
            SessionSpec.builder("any").group(value).build();
        } catch (InvalidValue wrong) {
            throw new InvalidValue(field, wrong.fault(), wrong.remedy());
        }
    }
}
