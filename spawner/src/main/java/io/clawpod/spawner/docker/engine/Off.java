package io.clawpod.spawner.docker.engine;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import java.util.function.Supplier;

/** Work that calls the Kubernetes API and blocks: off the event loop. */
final class Off {
    private Off() {}

    static <T> Uni<T> loop(Supplier<T> work) {
        return Uni.createFrom().item(work).runSubscriptionOn(Infrastructure.getDefaultWorkerPool());
    }
}
