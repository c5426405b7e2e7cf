package io.clawpod.proxy.identity;

import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Why a pod may call no longer.
 *
 * @param at since when, as the cluster has it, mostly in whole seconds; absent if it does not say
 */
record PodEnd(Cause cause, @Nullable Instant at) {
    enum Cause {
        /** Its containers have ended. */
        ENDED("The session's pod has ended."),
        /** Its deletion was asked for, or it is gone. */
        DELETED("The session's pod has ended."),
        /** The spawner has revoked its session. */
        REVOKED("The session has been revoked.");

        private final String detail;

        Cause(String detail) {
            this.detail = detail;
        }

        /** As it stands in an answer. */
        String detail() {
            return detail;
        }

        /** As it stands in a meter. */
        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
