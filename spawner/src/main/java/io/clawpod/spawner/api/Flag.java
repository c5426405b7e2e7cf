package io.clawpod.spawner.api;

import io.clawpod.common.InvalidValue;
import jakarta.ws.rs.core.UriInfo;

/** Query parameters that are on when they are there: {@code ?follow}, {@code ?follow=true}, {@code ?follow=false}. */
final class Flag {
    private Flag() {}

    /** @throws InvalidValue if the value is neither true nor false */
    static boolean isOn(String name, UriInfo request) {
        if (!request.getQueryParameters().containsKey(name)) {
            return false;
        }
        String value = request.getQueryParameters().getFirst(name);
        if (value == null || value.isEmpty() || value.equalsIgnoreCase("true")) {
            return true;
        }
        if (value.equalsIgnoreCase("false")) {
            return false;
        }
        throw new InvalidValue(name, "is neither true nor false", "write ?" + name + " or ?" + name + "=false");
    }
}
