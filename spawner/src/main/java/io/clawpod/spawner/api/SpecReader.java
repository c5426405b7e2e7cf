package io.clawpod.spawner.api;

import io.clawpod.common.ErrorCode;
import io.clawpod.spawner.session.Refusal;
import io.clawpod.spawner.session.SessionSpec;

/** Reads a spec from JSON, strictly. Thread-safe. */
final class SpecReader {
    private final JsonBody<SessionRequest> body =
            new JsonBody<>(SessionRequest.class, ErrorCode.INVALID_SPEC, "send an object with at least an image");

    /** @throws Refusal malformed-request if it is not JSON, invalid-spec if it is not a spec */
    SessionSpec read(byte[] json) {
        return body.read(json, SessionRequest::toSpec);
    }
}
