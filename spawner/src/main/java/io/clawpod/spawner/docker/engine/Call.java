package io.clawpod.spawner.docker.engine;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A request, by its parameters. What cannot be read ends it with a refusal that names the parameter. */
record Call(RoutingContext context, ObjectMapper mapper) {
    /** @return the path's part that was matched by {@code name} */
    String part(String name) {
        String value = context.pathParam(name);
        return value == null ? "" : value;
    }

    @Nullable
    String parameter(String name) {
        String value = context.request().getParam(name);
        return value == null || value.isEmpty() ? null : value;
    }

    /** Docker's reading of a switch: anything but these words is on. */
    boolean isOn(String name) {
        String value = context.request().getParam(name);
        return value != null
                && switch (value.strip().toLowerCase(java.util.Locale.ROOT)) {
                    case "", "0", "no", "false", "none" -> false;
                    default -> true;
                };
    }

    /** @return the whole number from {@code least} to {@code greatest}, or null without one */
    @Nullable
    Integer number(String name, int least, int greatest) {
        String value = parameter(name);
        if (value == null) {
            return null;
        }
        try {
            int number = Integer.parseInt(value);
            if (number >= least && number <= greatest) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Refused below.
        }
        throw new EngineRefusal(400, name + ": '" + cut(value) + "' is no number from " + least + " to " + greatest);
    }

    /** @return the time that a Unix time in seconds, perhaps with a fraction, or an RFC 3339 text names */
    @Nullable
    Instant time(String name) {
        String value = parameter(name);
        if (value == null || value.equals("0")) {
            return null;
        }
        try {
            return value.contains("T") ? Instant.parse(value) : unix(new BigDecimal(value));
        } catch (NumberFormatException | ArithmeticException | DateTimeParseException e) {
            throw new EngineRefusal(400, name + ": '" + cut(value) + "' is no time; send Unix seconds");
        }
    }

    private static Instant unix(BigDecimal seconds) {
        long whole = seconds.setScale(0, java.math.RoundingMode.FLOOR).longValueExact();
        return Instant.ofEpochSecond(whole)
                .plusNanos(seconds.subtract(BigDecimal.valueOf(whole))
                        .movePointRight(9)
                        .longValue());
    }

    Filters filters(Set<String> known) {
        return Filters.parse(context.request().getParam("filters"), known);
    }

    /** @throws EngineRefusal if the body is no JSON object; an empty one reads as {@code {}} */
    JsonNode body() {
        Buffer body = context.body().buffer();
        if (body == null || body.length() == 0) {
            return Json.object();
        }
        try {
            JsonNode json = mapper.readTree(body.getBytes());
            if (json.isObject()) {
                return json;
            }
        } catch (JsonProcessingException e) {
            // Refused below; the parser's words may have a piece of the body.
        } catch (java.io.IOException e) {
            throw new IllegalStateException("reading from memory", e);
        }
        throw new EngineRefusal(400, "the body is no JSON object; send Content-Type: application/json");
    }

    HttpServerRequest request() {
        return context.request();
    }

    /** The most of a program's own words that an answer repeats, in characters. */
    static final int MAX_WORDS = 4096;

    static String cut(String text) {
        return text.length() <= 64 ? text : text.substring(0, text.offsetByCodePoints(0, 32)) + "…";
    }

    static Duration since(Instant then, Clock clock) {
        Duration gone = Duration.between(then, clock.instant());
        return gone.isNegative() ? Duration.ZERO : gone;
    }
}
