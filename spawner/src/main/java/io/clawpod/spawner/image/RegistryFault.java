package io.clawpod.spawner.image;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import java.io.Serial;

/** Ends a conversation with a registry. Its problem quotes nothing that the registry wrote. Carries no stack trace. */
final class RegistryFault extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    /** What the caller can make of it. */
    enum Kind {
        MISSING,
        REFUSED,
        UNREACHABLE
    }

    private final Kind kind;
    private final transient Problem problem;

    private RegistryFault(Kind kind, Problem problem) {
        super(problem.detail(), null, false, false);
        this.kind = kind;
        this.problem = problem;
    }

    static RegistryFault missing(String what) {
        return new RegistryFault(Kind.MISSING, Problem.of(ErrorCode.NOT_FOUND, what));
    }

    static RegistryFault refused(ErrorCode code, String what, String remedy) {
        return new RegistryFault(Kind.REFUSED, Problem.of(code, what, remedy));
    }

    static RegistryFault unreachable(ErrorCode code, String what, String remedy) {
        return new RegistryFault(Kind.UNREACHABLE, Problem.of(code, what, remedy));
    }

    /** An answer that breaks the specification, or that is not what its digest says. */
    static RegistryFault untrusted(String what) {
        return unreachable(ErrorCode.UPSTREAM_FAILED, what, "look into the registry, and at what stands before it");
    }

    Kind kind() {
        return kind;
    }

    Problem problem() {
        return problem;
    }
}
