package io.clawpod.common;

import java.io.Serial;

/**
 * A value from outside that cannot be held. It names the field, what is wrong and what would be right, and never carries
 * the value itself, which may be a secret.
 */
public final class InvalidValue extends IllegalArgumentException {
    @Serial
    private static final long serialVersionUID = 1;

    private final String field;
    private final String fault;
    private final String remedy;

    /**
     * @param field where the value stood, as a path such as {@code mounts[2].hostPath}
     * @param fault what is wrong, as the rest of a sentence that begins with the field: "is empty"
     * @param remedy what would be right, as an instruction
     */
    public InvalidValue(String field, String fault, String remedy) {
        super(field + " " + fault + "; " + remedy);
        this.field = field;
        this.fault = fault;
        this.remedy = remedy;
    }

    public String field() {
        return field;
    }

    public String fault() {
        return fault;
    }

    public String remedy() {
        return remedy;
    }

    /** The same fault, seen from one level further out: {@code under("mounts[2]")} turns {@code hostPath} into its path. */
    public InvalidValue under(String parent) {
        return new InvalidValue(field.isEmpty() ? parent : parent + "." + field, fault, remedy);
    }
}
