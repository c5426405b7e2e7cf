package io.clawpod.spawner.api;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import io.clawpod.common.ErrorCode;
import io.clawpod.common.InvalidValue;
import io.clawpod.common.Problem;
import io.clawpod.spawner.session.Refusal;
import java.io.IOException;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads a request's body from JSON, strictly: what is misspelt, written twice or of another type is refused by its path and never
 * ignored. Thread-safe.
 */
final class JsonBody<T> {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            // The feature above leaves out numbers and truths where a text is asked for.
            .withCoercionConfig(
                    LogicalType.Textual,
                    texts -> texts.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
            .build();

    private final ObjectReader reader;
    private final ErrorCode invalid;
    private final String example;

    /**
     * @param invalid what a body is that can be read and is wrong
     * @param example what would be right, as an instruction
     */
    JsonBody(Class<T> type, ErrorCode invalid, String example) {
        this.reader = MAPPER.readerFor(type);
        this.invalid = invalid;
        this.example = example;
    }

    /**
     * @param make makes of the request what it says; throws {@link InvalidValue} if it is wrong
     * @throws Refusal malformed-request if it is not JSON, or what the constructor was given if it is wrong
     */
    <R> R read(byte[] json, Function<T, R> make) {
        if (json.length == 0) {
            throw malformed("empty", null);
        }
        try (JsonParser body = reader.createParser(json)) {
            T request = reader.readValue(body);
            if (body.nextToken() != null) {
                throw malformed("more than one document", body.currentLocation());
            }
            if (request == null) {
                throw noObject();
            }
            return make.apply(request);
        } catch (InvalidValue fault) {
            throw refusal(fault);
        } catch (JsonMappingException e) {
            throw mapping(e);
        } catch (JsonProcessingException e) {
            throw malformed("not JSON", e.getLocation());
        } catch (IOException e) {
            throw new IllegalStateException("bytes in memory can be read", e);
        }
    }

    private static Refusal malformed(String what, @Nullable JsonLocation location) {
        String where =
                location == null ? "" : " at line " + location.getLineNr() + ", column " + location.getColumnNr();
        return new Refusal(
                Problem.of(ErrorCode.MALFORMED_REQUEST, "the body is " + what + where, "send a JSON object"));
    }

    private Refusal noObject() {
        return new Refusal(Problem.of(invalid, "the body is not an object", example));
    }

    private Refusal mapping(JsonMappingException e) {
        if (e.getCause() instanceof JsonParseException parse) {
            // Jackson tells where in the object it was when the text turned out to be no JSON.
            return malformed("not JSON", parse.getLocation());
        }
        String field = path(e.getPath());
        if (field.isEmpty()) {
            return noObject();
        }
        if (e instanceof UnrecognizedPropertyException unknown) {
            String known = unknown.getKnownPropertyIds() == null
                    ? "see /q/openapi"
                    : unknown.getKnownPropertyIds().stream()
                            .map(Object::toString)
                            .sorted()
                            .collect(Collectors.joining(", "));
            return refusal(new InvalidValue(field, "is not a field", "use " + known));
        }
        return refusal(new InvalidValue(field, "has another type", "see /q/openapi for the type of each field"));
    }

    private Refusal refusal(InvalidValue fault) {
        return new Refusal(Problem.of(invalid, fault));
    }

    private static String path(List<JsonMappingException.Reference> references) {
        StringBuilder path = new StringBuilder();
        for (JsonMappingException.Reference reference : references) {
            if (reference.getFieldName() == null) {
                path.append('[').append(reference.getIndex()).append(']');
            } else {
                path.append(path.isEmpty() ? "" : ".").append(reference.getFieldName());
            }
        }
        return path.toString();
    }
}
