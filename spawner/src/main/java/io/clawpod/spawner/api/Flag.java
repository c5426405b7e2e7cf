package io.clawpod.spawner.api;

import io.clawpod.common.InvalidValue;
import org.jspecify.annotations.Nullable;

/** Query parameters that are on when they are there: {@code ?follow}, {@code ?follow=true}, {@code ?follow=false}. */
final class Flag {
    private Flag() {}

    /** @throws InvalidValue if the value is neither true nor false */
    static boolean isOn(String name, @Nullable String value) {
        if (value == null || value.equalsIgnoreCase("false")) {
            return false;
        }
        if (value.isEmpty() || value.equalsIgnoreCase("true")) {
            return true;
        }
        throw new InvalidValue(name, "is neither true nor false", "write ?" + name + " or ?" + name + "=false");
    }
}
