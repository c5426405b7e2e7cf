package io.clawpod.spawner.api;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.spawner.session.Refusal;
import io.clawpod.spawner.web.QueryFlag;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jspecify.annotations.Nullable;

/** Every request under /v1 says who calls before anything else of it is read. */
final class AuthenticationFilter {
    private static final String SCHEME = "bearer ";
    private static final Pattern LIST = Pattern.compile("/v1/sessions/?");

    private final Callers callers;

    AuthenticationFilter(Callers callers) {
        this.callers = callers;
    }

    @ServerRequestFilter(preMatching = true)
    public Uni<Void> authenticate(ContainerRequestContext request) {
        String path = request.getUriInfo().getPath();
        if (!path.equals("/v1") && !path.startsWith("/v1/")) {
            return Uni.createFrom().voidItem();
        }
        // A watch is asked for by the query; which method answers is decided by what is accepted.
        if (QueryFlag.isOn("watch", request.getUriInfo())) {
            request.getHeaders().putSingle(HttpHeaders.ACCEPT, MediaType.SERVER_SENT_EVENTS);
        } else if (LIST.matcher(path).matches() && acceptsAnything(request.getHeaderString(HttpHeaders.ACCEPT))) {
            request.getHeaders().putSingle(HttpHeaders.ACCEPT, MediaType.APPLICATION_JSON);
        }
        String token = token(request.getHeaderString(HttpHeaders.AUTHORIZATION));
        Uni<Caller> caller = Uni.createFrom().item(() -> callers.identify(token));
        if (callers.mayBlock(token)) {
            caller = caller.runSubscriptionOn(Infrastructure.getDefaultWorkerPool());
        }
        return caller.onItem().invoke(AuthenticationFilter::requireKnown).replaceWithVoid();
    }

    private static boolean acceptsAnything(@Nullable String accept) {
        return accept == null
                || (accept.contains(MediaType.WILDCARD) && !accept.contains(MediaType.SERVER_SENT_EVENTS));
    }

    /** The token, or empty text, which is nobody's. */
    private static String token(@Nullable String authorization) {
        if (authorization == null || !authorization.toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
            return "";
        }
        return authorization.substring(SCHEME.length()).strip();
    }

    private static void requireKnown(Caller caller) {
        if (caller instanceof Caller.Undecided undecided) {
            throw new Refusal(undecided.problem());
        }
        if (caller instanceof Caller.Unknown) {
            throw new Refusal(Problem.of(
                    ErrorCode.UNAUTHENTICATED,
                    "the request has no bearer token that is known",
                    "send Authorization: Bearer with a token from the spawner's token file, or with a ServiceAccount"
                            + " token for the audience clawpod-spawner"));
        }
    }
}
