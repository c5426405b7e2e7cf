package io.clawpod.spawner.session;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.InvalidValue;
import io.clawpod.common.Problem;
import java.io.Serial;
import java.util.Map;

/** Carries a problem to the edge, where it becomes the answer. Has no stack trace: it is an outcome, not a fault. */
public final class Refusal extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    private final transient Problem problem;
    private final transient Map<String, Object> extra;

    public Refusal(Problem problem) {
        this(problem, Map.of());
    }

    /** @param extra further members of the problem document (RFC 9457 section 3.2) */
    public Refusal(Problem problem, Map<String, Object> extra) {
        super(problem.detail(), null, false, false);
        this.problem = problem;
        this.extra = Map.copyOf(extra);
    }

    public Refusal(ErrorCode code, InvalidValue invalid) {
        this(Problem.of(code, invalid));
    }

    public Problem problem() {
        return problem;
    }

    public Map<String, Object> extra() {
        return extra;
    }
}
