package io.clawpod.spawner.api;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.spawner.session.Refusal;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.HttpHeaders;
import java.util.List;
import java.util.Locale;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jspecify.annotations.Nullable;

/** Every request under a root of the API says who calls before anything else of it is read. */
final class AuthenticationFilter {
    private static final String SCHEME = "bearer ";

    // The second is where OneCLI's callers come in.
    private static final List<String> ROOTS = List.of("/v1", "/api");

    private final Callers callers;

    AuthenticationFilter(Callers callers) {
        this.callers = callers;
    }

    @ServerRequestFilter(preMatching = true)
    public Uni<Void> authenticate(ContainerRequestContext request) {
        if (!isOfTheApi(request.getUriInfo().getPath())) {
            return Uni.createFrom().voidItem();
        }
        String token = token(request.getHeaderString(HttpHeaders.AUTHORIZATION));
        Uni<Caller> caller = Uni.createFrom().item(() -> callers.identify(token));
        if (callers.mayBlock(token)) {
            caller = caller.runSubscriptionOn(Infrastructure.getDefaultWorkerPool());
        }
        return caller.onItem().invoke(AuthenticationFilter::requireKnown).replaceWithVoid();
    }

    private static boolean isOfTheApi(String path) {
        return ROOTS.stream().anyMatch(root -> path.equals(root) || path.startsWith(root + "/"));
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
