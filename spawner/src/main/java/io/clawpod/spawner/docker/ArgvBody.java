package io.clawpod.spawner.docker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import io.clawpod.common.ErrorCode;
import io.clawpod.common.InvalidValue;
import io.clawpod.common.Problem;
import io.clawpod.spawner.session.Refusal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Reads an argv from JSON. Only strings will do: a number or null among them is a mistake of the caller's. */
final class ArgvBody {
    private static final String REMEDY = "send a JSON array of strings such as [\"run\",\"--rm\",\"image\"]";

    private final ObjectReader reader;

    ArgvBody(ObjectMapper mapper) {
        this.reader = mapper.readerFor(JsonNode.class).with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    }

    /** @throws Refusal if the body is no JSON array of strings */
    List<String> read(byte[] body) {
        JsonNode array;
        try {
            array = reader.readTree(body);
        } catch (JsonProcessingException malformed) {
            throw refusal(new InvalidValue("body", "is not JSON", REMEDY));
        } catch (IOException impossible) {
            throw new IllegalStateException("reading from memory failed", impossible);
        }
        if (!array.isArray()) {
            throw refusal(new InvalidValue("body", "is not a JSON array", REMEDY));
        }
        List<String> argv = new ArrayList<>(array.size());
        for (JsonNode element : array) {
            if (!element.isTextual()) {
                throw refusal(new InvalidValue("argv[" + argv.size() + "]", "is not a string", REMEDY));
            }
            argv.add(element.textValue());
        }
        return argv;
    }

    private static Refusal refusal(InvalidValue why) {
        return new Refusal(Problem.of(ErrorCode.MALFORMED_REQUEST, why));
    }
}
