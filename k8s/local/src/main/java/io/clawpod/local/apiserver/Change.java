package io.clawpod.local.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One change of one object.
 *
 * @param version the resource version that it made
 * @param path the object
 * @param before absent when it was created
 * @param after absent when it was removed
 * @param latest the object after the change, or as it was when it was removed; with {@code version} in its metadata
 */
public record Change(
        long version,
        ResourcePath path,
        @Nullable ObjectNode before,
        @Nullable ObjectNode after,
        ObjectNode latest) {

    /** How a watch that selects by {@code selector} sees the change; null when it does not see it. */
    @Nullable
    String typeFor(Predicate<? super ObjectNode> selector) {
        boolean was = before != null && selector.test(before);
        boolean is = after != null && selector.test(after);
        if (is) {
            return was ? "MODIFIED" : "ADDED";
        }
        return was ? "DELETED" : null;
    }
}
