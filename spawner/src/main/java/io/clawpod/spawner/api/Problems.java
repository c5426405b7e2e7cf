package io.clawpod.spawner.api;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.InvalidValue;
import io.clawpod.common.Problem;
import io.clawpod.spawner.session.Refusal;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.util.Map;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** The one way from an error to an answer: problem documents (RFC 9457), without exception text. */
final class Problems {
    private static final Logger LOG = Logger.getLogger(Problems.class);

    private static final int RETRY_AFTER_SECONDS = 5;

    private Problems() {}

    static final class Mapper {
        @ServerExceptionMapper
        public Response refusal(Refusal refusal) {
            return response(refusal.problem().code(), refusal.members());
        }

        @ServerExceptionMapper
        public Response invalid(InvalidValue invalid) {
            return response(Problem.of(ErrorCode.MALFORMED_REQUEST, invalid));
        }

        @ServerExceptionMapper
        public Response http(WebApplicationException e) {
            int status = e.getResponse().getStatus();
            return switch (status) {
                case 404 -> response(Problem.of(ErrorCode.NOT_FOUND, "no such path", "see /q/openapi"));
                case 405 ->
                    response(Problem.of(ErrorCode.METHOD_NOT_ALLOWED, "this path has other methods", "see /q/openapi"));
                case 406 ->
                    response(Problem.of(
                            ErrorCode.NOT_ACCEPTABLE,
                            "what Accept names is not served here",
                            "accept application/json, or text/event-stream for a watch"));
                case 413 ->
                    response(Problem.of(
                            ErrorCode.BODY_TOO_LARGE, "the body is too large", "send at most 1048576 bytes"));
                case 415 ->
                    response(Problem.of(
                            ErrorCode.UNSUPPORTED_MEDIA_TYPE,
                            "the body is not JSON",
                            "send Content-Type: application/json"));
                default ->
                    status < 500
                            ? response(Problem.of(ErrorCode.MALFORMED_REQUEST, "the request cannot be read"))
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
            return response(problem);
        }
    }

    private static Response response(Problem problem) {
        return response(problem.code(), problem.members());
    }

    private static Response response(ErrorCode code, Map<String, Object> members) {
        Response.ResponseBuilder response =
                Response.status(code.status()).type(Problem.MEDIA_TYPE).entity(members);
        if (code == ErrorCode.UNAUTHENTICATED) {
            response.header(HttpHeaders.WWW_AUTHENTICATE, "Bearer realm=\"clawpod\"");
        }
        if (code.status() == 503 || code.status() == 429) {
            response.header(HttpHeaders.RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        return response.build();
    }
}
