package io.clawpod.spawner.session;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.clawpod.common.InvalidValue;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The file whose modification time is the agent's sign of life.
 *
 * @param file absolute path in the container
 * @param maxAge the greatest age of a live agent's file, 1 second to 24 hours; absent means the configured default
 * @param onStale what happens once it is older; absent means the configured default
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Heartbeat(
        String file, @Nullable Duration maxAge, @Nullable OnStale onStale) {
    private static final Duration LEAST_AGE = Duration.ofSeconds(1);
    private static final Duration GREATEST_AGE = Duration.ofDays(1);

    /** What happens to a session whose heartbeat is stale. */
    public enum OnStale {
        /** It is told of, and goes on. */
        REPORT,
        /** It is ended. */
        END;

        /** The value that {@link #code} gave, or empty if it gave none. */
        public static Optional<OnStale> ofCode(String code) {
            return Arrays.stream(values())
                    .filter(value -> value.code().equals(code))
                    .findFirst();
        }

        /** The value as callers write it. */
        public String code() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** @throws InvalidValue if the path is not absolute or the age out of bounds */
    public Heartbeat {
        file = ContainerPath.normalise("file", file);
        if (file.equals("/")) {
            throw new InvalidValue("file", "is no file", "name the file that the agent touches");
        }
        if (maxAge != null) {
            requireAge("maxAge", maxAge);
        }
    }

    /** One whose age and consequence are the configured ones. */
    public static Heartbeat ofFile(String file) {
        return new Heartbeat(file, null, null);
    }

    /** @throws InvalidValue naming {@code field} if no heartbeat may have this age */
    public static Duration requireAge(String field, Duration age) {
        if (age.compareTo(LEAST_AGE) < 0 || age.compareTo(GREATEST_AGE) > 0) {
            throw new InvalidValue(field, "is out of bounds", "use 1 second (PT1S) to 24 hours (PT24H)");
        }
        return age;
    }
}
