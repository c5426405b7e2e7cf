package io.clawpod.proxy.server;

import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;

/** The clock of the process; tests bring their own. */
@Singleton
final class ProcessClock {
    @Produces
    @Singleton
    Clock utc() {
        return Clock.systemUTC();
    }
}
