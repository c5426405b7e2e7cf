package io.clawpod.spawner.session;

import io.clawpod.common.Problem;
import java.io.Serial;
import java.util.LinkedHashMap;
import java.util.Map;

/** Ends a request with a problem; the one exception mapper turns it into the answer. Carries no stack trace. */
public final class Refusal extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    private final transient Problem problem;
    private final transient Map<String, Object> extensions;

    public Refusal(Problem problem) {
        this(problem, Map.of());
    }

    /** @param extensions further members of the document (RFC 9457 section 3.2); none has a standard member's name */
    public Refusal(Problem problem, Map<String, Object> extensions) {
        super(problem.detail(), null, false, false);
        this.problem = problem;
        this.extensions = Map.copyOf(extensions);
    }

    public Problem problem() {
        return problem;
    }

    /** All members of the document, the standard ones first. */
    public Map<String, Object> members() {
        Map<String, Object> members = new LinkedHashMap<>(problem.members());
        extensions.forEach(members::putIfAbsent);
        return members;
    }
}
