package io.clawpod.spawner.session;

import io.clawpod.common.Problem;
import io.smallrye.mutiny.Uni;

/**
 * The images of the registries that the cluster pulls from. Thread-safe; nothing here blocks, throws, or fails but by a
 * fault of our own. References are as in {@code docker run}; one without a registry is looked for in the configured one.
 */
public interface Images {
    /** Asks the registry. */
    Uni<Found> find(String reference);

    /** Gives an image another name in its own registry; a tag of that name is moved. */
    Uni<Tagging> tag(String source, String target);

    /** What a registry said of an image. */
    sealed interface Found {
        record Present(ImageInfo image) implements Found {}

        /** @param reference in full */
        record Missing(String reference) implements Found {}

        /** The reference cannot be read, the registry refuses us, or it has no such image for our platform. */
        record Refused(Problem problem) implements Found {}

        /** The registry cannot be asked, or gives no answer that can be trusted. */
        record Unreachable(Problem problem) implements Found {}
    }

    /** What {@link #tag} did. */
    sealed interface Tagging {
        /** @param target in full */
        record Tagged(String target, String digest) implements Tagging {}

        /** @param source in full */
        record Missing(String source) implements Tagging {}

        record Refused(Problem problem) implements Tagging {}

        /** It may have been tagged, if the registry broke off at the end. */
        record Unreachable(Problem problem) implements Tagging {}
    }
}
