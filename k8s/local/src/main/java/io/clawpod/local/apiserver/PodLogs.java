package io.clawpod.local.apiserver;

import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Where the API server gets the logs of a pod from: the kubelet of its node. */
public interface PodLogs {
    /**
     * Which part of a log is wanted.
     *
     * @param container null when the pod's only container is meant
     * @param follow whether to go on until the container has ended
     * @param tail only so many lines at the end; null for all
     * @param since only lines from then on; null for all
     * @param timestamps whether each line begins with its time
     */
    record Selection(
            @Nullable String container,
            boolean follow,
            @Nullable Long tail,
            @Nullable Instant since,
            boolean timestamps) {}

    /** There is no log, for a reason that the client is told. */
    final class Unavailable extends Exception {
        public Unavailable(String message) {
            super(message);
        }
    }

    /** A log that has been found. */
    interface Reader {
        /**
         * Writes what was selected; with {@code follow} it blocks until the container has ended.
         *
         * @throws IOException if {@code out} fails, which is how a reader that went away is noticed
         */
        void copyTo(OutputStream out) throws IOException, InterruptedException;
    }

    /** @throws Unavailable if the container is unknown or has not started */
    Reader open(Pod pod, Selection selection) throws Unavailable;
}
