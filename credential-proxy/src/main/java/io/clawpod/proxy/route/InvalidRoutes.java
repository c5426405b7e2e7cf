package io.clawpod.proxy.route;

import io.clawpod.common.InvalidValue;
import java.util.List;

/** A routes file that cannot be used, and everything that was found wrong with it. Quotes nothing of it. */
final class InvalidRoutes extends Exception {
    private static final long serialVersionUID = 1;

    private final transient List<InvalidValue> faults;

    InvalidRoutes(List<InvalidValue> faults) {
        super(faults.size() + " faults");
        this.faults = List.copyOf(faults);
    }

    List<InvalidValue> faults() {
        return faults;
    }
}
