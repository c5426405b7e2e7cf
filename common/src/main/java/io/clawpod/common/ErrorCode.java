package io.clawpod.common;

import java.util.Locale;

/**
 * Everything that can go wrong for a caller of either service: the code that programs read, the HTTP status and the title
 * that people read. A code keeps its meaning for ever; a new meaning is a new code.
 */
public enum ErrorCode {
    MALFORMED_REQUEST(400, "The request cannot be read"),
    UNAUTHENTICATED(401, "The caller is not known"),
    FORBIDDEN(403, "The caller may not do this"),
    NOT_FOUND(404, "There is nothing here"),
    SESSION_NOT_FOUND(404, "There is no such session"),
    RECORD_NOT_FOUND(404, "The archive has no such session"),
    LEASE_NOT_FOUND(404, "The install has no lease"),
    METHOD_NOT_ALLOWED(405, "The method does not apply here"),
    NOT_ACCEPTABLE(406, "The answer has no such form"),
    REQUEST_TIMEOUT(408, "The request came too slowly"),
    SESSION_CONFLICT(409, "Another spec runs under this key"),
    SESSION_STOPPING(409, "The session under this key is being stopped"),
    FOREIGN_POD(409, "A pod that is not ours has this session's name"),
    LEASE_HELD(409, "Another holder has the lease"),
    FOREIGN_LEASE(409, "A Lease that is not ours has this lease's name"),
    SESSION_NOT_RUNNING(409, "The session does not run"),
    FILES_NOT_KEPT(409, "The session's files are not kept"),
    LOGS_UNAVAILABLE(409, "The session has no logs yet"),
    BODY_TOO_LARGE(413, "The request body is too large"),
    URI_TOO_LONG(414, "The request target is too long"),
    UNSUPPORTED_MEDIA_TYPE(415, "The request body has another form"),
    INVALID_SPEC(422, "The session spec is wrong"),
    INVALID_BODY(422, "The request body is wrong"),
    UNSUPPORTED_FLAG(422, "A docker flag cannot be carried out"),
    POD_REFUSED(422, "The cluster does not admit the pod"),
    TOO_MANY_REQUESTS(429, "Too many requests"),
    QUOTA_EXCEEDED(429, "The cluster's quota is used up"),
    HEADERS_TOO_LARGE(431, "The request headers are too large"),
    INTERNAL(500, "The service failed"),
    UPSTREAM_UNREACHABLE(502, "The upstream cannot be reached"),
    UPSTREAM_REFUSED(502, "The upstream's address is not allowed"),
    UPSTREAM_FAILED(502, "The upstream broke off"),
    NOT_READY(503, "The service is not ready"),
    CALLERS_NOT_CONFIGURED(503, "No caller can be authenticated"),
    CLUSTER_UNAVAILABLE(503, "The Kubernetes API does not answer"),
    ARCHIVE_UNAVAILABLE(503, "The archive cannot be used"),
    IDENTITY_UNAVAILABLE(503, "No caller can be identified"),
    ROUTES_UNAVAILABLE(503, "There is no valid route configuration"),
    CREDENTIAL_UNAVAILABLE(503, "The credential is missing"),
    UPSTREAM_TIMEOUT(504, "The upstream did not answer in time");

    private final int status;
    private final String title;

    ErrorCode(int status, String title) {
        this.status = status;
        this.title = title;
    }

    /** The code as it stands in an answer: {@code session-conflict}. */
    public String code() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The HTTP status (RFC 9110 section 15). */
    public int status() {
        return status;
    }

    public String title() {
        return title;
    }
}
