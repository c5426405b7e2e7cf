package io.clawpod.spawner.api;

import io.clawpod.common.Problem;

/** Who calls, as far as its bearer token tells. */
sealed interface Caller {
    /** @param name as the token file or the cluster knows it; goes to logs and metrics */
    record Known(String name) implements Caller {}

    /** The token is nobody's. */
    record Unknown() implements Caller {}

    /** It cannot be told for now. */
    record Undecided(Problem problem) implements Caller {}
}
