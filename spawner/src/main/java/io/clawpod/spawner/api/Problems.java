package io.clawpod.spawner.api;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.InvalidValue;
import io.clawpod.common.Problem;
import io.clawpod.spawner.session.Refusal;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** The one way from an error to an answer: problem documents (RFC 9457), without exception text. */
final class Problems {
    private static final Logger LOG = Logger.getLogger(Problems.class);

    private Problems() {}

    static final class Mapper {
        @ServerExceptionMapper
        public Response refusal(Refusal refusal) {
            return response(refusal.problem(), refusal.extra());
        }

        @ServerExceptionMapper
        public Response invalid(InvalidValue invalid) {
            return response(Problem.of(ErrorCode.MALFORMED_REQUEST, invalid), Map.of());
        }

        @ServerExceptionMapper
        public Response http(WebApplicationException e) {
            int status = e.getResponse().getStatus();
            return switch (status) {
                case 404 -> response(Problem.of(ErrorCode.NOT_FOUND, "no such path", "see /q/openapi"), Map.of());
                case 405 ->
                    response(
                            Problem.of(ErrorCode.METHOD_NOT_ALLOWED, "this path has other methods", "see /q/openapi"),
                            Map.of());
                case 406 ->
                    response(
                            Problem.of(
                                    ErrorCode.NOT_ACCEPTABLE,
                                    "what Accept names is not served here",
                                    "accept application/json, or text/event-stream for a watch"),
                            Map.of());
                case 413 ->
                    response(
                            Problem.of(ErrorCode.BODY_TOO_LARGE, "the body is too large", "send at most 1 MiB"),
                            Map.of());
                case 415 ->
                    response(
                            Problem.of(
                                    ErrorCode.UNSUPPORTED_MEDIA_TYPE,
                                    "the body is not JSON",
                                    "send Content-Type: application/json"),
                            Map.of());
                default ->
                    status < 500
                            ? response(Problem.of(ErrorCode.MALFORMED_REQUEST, "the request cannot be read"), Map.of())
                            : failure(e);
            };
        }

        @ServerExceptionMapper
        public Response failure(Throwable failure) {
            String id = UUID.randomUUID().toString();
            LOG.errorf(failure, "request failed id=%s", id);
            Problem problem = Problem.of(
                            ErrorCode.INTERNAL, "the spawner failed", "try again; its log has the cause under this id")
                    .withId(id);
            return response(problem, Map.of());
        }
    }

    static Response response(Problem problem, Map<String, Object> extra) {
        Map<String, Object> members = new LinkedHashMap<>(problem.members());
        members.putAll(extra);
        Response.ResponseBuilder response = Response.status(problem.code().status())
                .type(Problem.MEDIA_TYPE)
                .entity(members);
        if (problem.code() == ErrorCode.UNAUTHENTICATED) {
            response.header(HttpHeaders.WWW_AUTHENTICATE, "Bearer realm=\"clawpod\"");
        }
        if (problem.code().status() == 503 || problem.code().status() == 429) {
            response.header(HttpHeaders.RETRY_AFTER, 5);
        }
        return response.build();
    }
}
