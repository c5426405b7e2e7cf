package io.clawpod.spawner.archive;

import java.io.IOException;
import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** Storage that does not do what it is asked. Its message is for people and names no secret. */
final class StoreFault extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    /** What is to be made of it. */
    enum Kind {
        /** There is no room. */
        FULL,
        /** It is not there, or we have not the right. */
        REFUSED,
        /** It does not answer; it may later. */
        UNREACHABLE,
        /** A file is not as it was left: another writes, too. */
        CHANGED
    }

    private final Kind kind;
    private final String remedy;

    StoreFault(Kind kind, String message, String remedy, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.remedy = remedy;
    }

    static StoreFault changed(String path) {
        return new StoreFault(Kind.CHANGED, path + " was changed by another writer", "let one spawner write it", null);
    }

    Kind kind() {
        return kind;
    }

    /** What to do about it. */
    String remedy() {
        return remedy;
    }
}
