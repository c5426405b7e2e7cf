package io.clawpod.local.apiserver;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** A refusal, which the client reads as a {@code Status} object with the code and reason of the real API server. */
final class ApiFailure extends RuntimeException {
    private final int code;
    private final String reason;

    ApiFailure(int code, String reason, String message) {
        super(message, null, false, false);
        this.code = code;
        this.reason = reason;
    }

    static ApiFailure notFound(ResourcePath path) {
        return new ApiFailure(404, "NotFound", path.qualified() + " \"" + path.name() + "\" not found");
    }

    static ApiFailure alreadyExists(ResourcePath path) {
        return new ApiFailure(409, "AlreadyExists", path.qualified() + " \"" + path.name() + "\" already exists");
    }

    static ApiFailure conflict(ResourcePath path, String why) {
        return new ApiFailure(
                409,
                "Conflict",
                "Operation cannot be fulfilled on " + path.qualified() + " \"" + path.name() + "\": " + why);
    }

    static ApiFailure badRequest(String message) {
        return new ApiFailure(400, "BadRequest", message);
    }

    static ApiFailure invalid(ResourcePath path, String why) {
        return new ApiFailure(422, "Invalid", path.qualified() + " \"" + path.name() + "\" is invalid: " + why);
    }

    static ApiFailure expired(String message) {
        return new ApiFailure(410, "Expired", message);
    }

    int code() {
        return code;
    }

    ObjectNode status() {
        ObjectNode status = JsonNodeFactory.instance.objectNode();
        status.put("kind", "Status").put("apiVersion", "v1").putObject("metadata");
        return status.put("status", "Failure")
                .put("message", getMessage())
                .put("reason", reason)
                .put("code", code);
    }
}
