package io.clawpod.proxy.credential;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.SecretText;
import io.clawpod.proxy.policy.AddressPolicy;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.SocketAddress;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Asks token endpoints for new access tokens. Bodies are bounded and never logged; redirects are not followed; the peer of
 * the connection has to pass the address policy before anything is sent. Thread-safe.
 */
final class TokenEndpoint {
    static final Duration TIMEOUT = Duration.ofSeconds(15);
    static final int MAX_BYTES = 64 * 1024;
    /** What a token is good for if the endpoint does not say (RFC 6749 section 5.1 only recommends that it does). */
    static final Duration DEFAULT_LIFETIME = Duration.ofHours(1);

    // RFC 6749 section 5.2: only these are repeated, whatever else the endpoint may say.
    private static final Set<String> ERRORS = Set.of(
            "invalid_request",
            "invalid_client",
            "invalid_grant",
            "unauthorized_client",
            "unsupported_grant_type",
            "invalid_scope");

    private final HttpClient client;
    private final Duration timeout;

    TokenEndpoint(Vertx vertx) {
        this(vertx, TIMEOUT);
    }

    /** @param timeout for the connection, the head of the answer, and the whole exchange, each */
    TokenEndpoint(Vertx vertx, Duration timeout) {
        this.timeout = timeout;
        this.client = vertx.createHttpClient(new HttpClientOptions()
                .setConnectTimeout((int) timeout.toMillis())
                .setKeepAlive(false)
                .setVerifyHost(true)
                .setMaxPoolSize(16));
    }

    /** A token that came. */
    record Refreshed(SecretText access, @Nullable SecretText refresh, Duration lifetime) {}

    /** Why none came; the message says what the endpoint did, and nothing of what it said. */
    static final class Unanswered extends Exception {
        private static final long serialVersionUID = 1;

        final ErrorCode code;
        final boolean refused;

        Unanswered(ErrorCode code, boolean refused, String message) {
            super(message);
            this.code = code;
            this.refused = refused;
        }
    }

    /** Fails with {@link Unanswered} for what the endpoint did, with anything else for what the network did. */
    Future<Refreshed> refresh(CredentialSpec.Oauth spec, SecretText refresh, @Nullable SecretText clientSecret) {
        RequestOptions options = new RequestOptions()
                .setAbsoluteURI(spec.tokenEndpoint().toString())
                .setMethod(HttpMethod.POST)
                .setFollowRedirects(false)
                .setTimeout(timeout.toMillis())
                .putHeader("accept", "application/json")
                .putHeader("content-type", spec.json() ? "application/json" : "application/x-www-form-urlencoded");
        return client.request(options)
                .compose(request -> guarded(spec, request))
                .compose(request -> exchange(request, body(spec, refresh, clientSecret)));
    }

    /**
     * Listens before it sends: on a thread that is no event loop, the answer may be over before a later listener is there, and
     * with it a refresh token that the endpoint gives only once.
     */
    private Future<Refreshed> exchange(HttpClientRequest request, Buffer body) {
        Future<Refreshed> refreshed = request.response().compose(TokenEndpoint::collect);
        request.putHeader("content-length", Integer.toString(body.length()));
        request.end(body);
        // The request's own limit is over with the head of the answer.
        return refreshed.timeout(timeout.toMillis(), TimeUnit.MILLISECONDS).onFailure(cause -> request.reset());
    }

    private static Future<HttpClientRequest> guarded(CredentialSpec.Oauth spec, HttpClientRequest request) {
        SocketAddress peer = request.connection().remoteAddress();
        String objection = new AddressPolicy(spec.allowPrivate()).objectionTo(peer == null ? null : peer.hostAddress());
        if (objection == null) {
            return Future.succeededFuture(request);
        }
        request.exceptionHandler(reset -> {});
        request.reset();
        request.connection().close();
        return Future.failedFuture(
                new Unanswered(ErrorCode.UPSTREAM_REFUSED, false, "has an address that is " + objection));
    }

    private static Buffer body(CredentialSpec.Oauth spec, SecretText refresh, @Nullable SecretText clientSecret) {
        MultiMap fields = MultiMap.caseInsensitiveMultiMap();
        fields.set("grant_type", "refresh_token");
        fields.set("refresh_token", refresh.reveal());
        fields.set("client_id", spec.clientId());
        if (clientSecret != null) {
            fields.set("client_secret", clientSecret.reveal());
        }
        String scope = spec.scope();
        if (scope != null) {
            fields.set("scope", scope);
        }
        if (spec.json()) {
            JsonObject json = new JsonObject();
            fields.forEach(json::put);
            return json.toBuffer();
        }
        StringBuilder form = new StringBuilder();
        fields.forEach((name, value) -> form.append(form.isEmpty() ? "" : "&")
                .append(name)
                .append('=')
                .append(URLEncoder.encode(value, StandardCharsets.UTF_8)));
        return Buffer.buffer(form.toString());
    }

    private static Future<Refreshed> collect(HttpClientResponse response) {
        Promise<Refreshed> refreshed = Promise.promise();
        Buffer body = Buffer.buffer();
        response.handler(chunk -> {
            if (body.length() + chunk.length() > MAX_BYTES) {
                refreshed.tryFail(new Unanswered(
                        ErrorCode.UPSTREAM_FAILED, false, "answers with more than " + MAX_BYTES + " bytes"));
                response.request().reset();
            } else {
                body.appendBuffer(chunk);
            }
        });
        response.exceptionHandler(refreshed::tryFail);
        response.endHandler(end -> {
            try {
                refreshed.tryComplete(read(response.statusCode(), body));
            } catch (Unanswered e) {
                refreshed.tryFail(e);
            }
        });
        return refreshed.future();
    }

    private static Refreshed read(int status, Buffer body) throws Unanswered {
        JsonObject json = json(body);
        if (status != 200) {
            boolean refused = status >= 400 && status < 500 && status != 408 && status != 429;
            String error = json == null || !(json.getValue("error") instanceof String text) ? "" : text;
            throw new Unanswered(
                    refused ? ErrorCode.CREDENTIAL_UNAVAILABLE : ErrorCode.UPSTREAM_FAILED,
                    refused,
                    "answers with " + status + (ERRORS.contains(error) ? " " + error : ""));
        }
        if (json == null || !(json.getValue("access_token") instanceof String access) || !TokenFiles.isToken(access)) {
            throw new Unanswered(ErrorCode.UPSTREAM_FAILED, false, "answers with 200 and no access token");
        }
        boolean rotated = json.getValue("refresh_token") instanceof String text && TokenFiles.isToken(text);
        long seconds = json.getValue("expires_in") instanceof Number number ? number.longValue() : 0;
        return new Refreshed(
                SecretText.of(access),
                rotated ? SecretText.of(json.getString("refresh_token")) : null,
                seconds > 0 ? Duration.ofSeconds(Math.min(seconds, 366L * 86_400)) : DEFAULT_LIFETIME);
    }

    private static @Nullable JsonObject json(Buffer body) {
        try {
            return body.length() == 0 ? null : new JsonObject(body);
        } catch (DecodeException | ClassCastException e) {
            return null;
        }
    }
}
