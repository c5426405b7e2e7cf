package io.clawpod.proxy.credential;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** Counts what became of refreshes and of writing them back, for one credential. */
final class RefreshMeter {
    private final Counter refreshed;
    private final Counter refused;
    private final Counter unanswered;
    private final Counter kept;
    private final Counter notKept;

    RefreshMeter(MeterRegistry meters, String credential) {
        this.refreshed = refreshes(meters, credential, "refreshed");
        this.refused = refreshes(meters, credential, "refused");
        this.unanswered = refreshes(meters, credential, "unanswered");
        this.kept = writes(meters, credential, "kept");
        this.notKept = writes(meters, credential, "failed");
    }

    private static Counter refreshes(MeterRegistry meters, String credential, String outcome) {
        return Counter.builder("clawpod.proxy.credential.refreshes")
                .description("Requests to token endpoints, by what became of them")
                .tag("credential", credential)
                .tag("outcome", outcome)
                .register(meters);
    }

    private static Counter writes(MeterRegistry meters, String credential, String outcome) {
        return Counter.builder("clawpod.proxy.credential.writebacks")
                .description("Attempts to write refreshed tokens to their Secret, by what became of them")
                .tag("credential", credential)
                .tag("outcome", outcome)
                .register(meters);
    }

    void refreshed() {
        refreshed.increment();
    }

    void failed(boolean byRefusal) {
        (byRefusal ? refused : unanswered).increment();
    }

    void wrote(boolean success) {
        (success ? kept : notKept).increment();
    }
}
