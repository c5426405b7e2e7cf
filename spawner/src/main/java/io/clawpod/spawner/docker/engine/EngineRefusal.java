package io.clawpod.spawner.docker.engine;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.InvalidValue;
import io.clawpod.common.Problem;
import java.io.Serial;

/** Ends a request with an error in Docker's form (Docker Engine API, ErrorResponse). Carries no stack trace. */
final class EngineRefusal extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    private final int status;

    /** @param message what went wrong and what to do instead; the docker command line prints it */
    EngineRefusal(int status, String message) {
        super(message, null, false, false);
        this.status = status;
    }

    static EngineRefusal of(Problem problem) {
        return new EngineRefusal(status(problem.code()), problem.detail());
    }

    static EngineRefusal invalid(InvalidValue invalid) {
        String field = invalid.field().isEmpty() ? "" : invalid.field() + ": ";
        return new EngineRefusal(400, field + invalid.fault() + "; " + invalid.remedy());
    }

    static EngineRefusal notImplemented(String what, String instead) {
        return new EngineRefusal(501, what + "; " + instead);
    }

    /** Docker knows fewer statuses than we do: a wrong parameter is 400, and what the daemon lacks is 500 or 503. */
    private static int status(ErrorCode code) {
        return switch (code.status()) {
            case 422 -> 400;
            default -> code.status();
        };
    }

    int status() {
        return status;
    }
}
