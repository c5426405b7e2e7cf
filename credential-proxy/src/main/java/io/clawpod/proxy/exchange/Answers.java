package io.clawpod.proxy.exchange;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.netty.util.AttributeKey;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.impl.ConnectionBase;
import java.time.Duration;
import java.util.List;

/** Answers of our own. Each ends its connection, after the client has had time to read it. */
public final class Answers {
    /** How much of a request's body is read and thrown away after the answer, in bytes. */
    static final long MAX_DISCARDED = 4L * 1024 * 1024;

    /** How long a client may take to send the rest of its request and to close. */
    static final Duration LINGER = Duration.ofSeconds(2);

    /** Set on a channel once it has had its last answer. */
    public static final AttributeKey<Boolean> LAST = AttributeKey.valueOf(Answers.class, "last");

    /** Git and curl send a name and password only once they are asked for them (RFC 9110 section 11.6.1). */
    private static final List<String> CHALLENGES =
            List.of("Bearer realm=\"credential-proxy\"", "Basic realm=\"credential-proxy\", charset=\"UTF-8\"");

    private Answers() {}

    /** Answers {@code request}, whose answer has not begun, with a problem document. On the request's event loop. */
    public static void problem(HttpServerRequest request, Problem problem) {
        HttpServerResponse response = request.response();
        if (response.closed() || response.ended()) {
            return;
        }
        response.setStatusCode(problem.code().status());
        response.putHeader("content-type", Problem.MEDIA_TYPE);
        response.putHeader("cache-control", "no-store");
        if (problem.code() == ErrorCode.UNAUTHENTICATED) {
            response.putHeader("www-authenticate", CHALLENGES);
        } else if (problem.code() == ErrorCode.METHOD_NOT_ALLOWED) {
            response.putHeader("allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
        }
        String body = new JsonObject(problem.members()).encode();
        response.putHeader("connection", "close");
        response.end(body);
        closeAfterRequest(request);
    }

    /**
     * Ends the connection, whose last answer is written. Closing at once while the client still sends would reset the
     * connection and could take the answer with it (RFC 9112 section 9.6): so its request is read to the end first, within
     * bounds, and thrown away.
     */
    static void closeAfterRequest(HttpServerRequest request) {
        Context context = Vertx.currentContext();
        if (request.isEnded()) {
            close(request);
            return;
        }
        long timer = context.owner().setTimer(LINGER.toMillis(), late -> close(request));
        long[] discarded = {0};
        request.exceptionHandler(gone -> context.owner().cancelTimer(timer));
        request.handler(chunk -> {
            discarded[0] += chunk.length();
            if (discarded[0] > MAX_DISCARDED) {
                close(request);
            }
        });
        request.endHandler(end -> {
            context.owner().cancelTimer(timer);
            close(request);
        });
        request.resume();
    }

    /** What the connection still brings is no request to be answered, though the answer before it may not have gone out yet. */
    private static void close(HttpServerRequest request) {
        if (request.connection() instanceof ConnectionBase connection) {
            connection.channel().attr(LAST).set(true);
        }
        request.connection().close();
    }
}
