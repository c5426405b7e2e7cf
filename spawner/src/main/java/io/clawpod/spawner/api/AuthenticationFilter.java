package io.clawpod.spawner.api;

import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.HttpHeaders;
import java.util.List;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/** Every request under a root of the API says who calls before anything else of it is read. */
final class AuthenticationFilter {
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
        return callers.caller(request.getHeaderString(HttpHeaders.AUTHORIZATION))
                .invoke(name -> request.setSecurityContext(new KnownCaller(name)))
                .replaceWithVoid();
    }

    private static boolean isOfTheApi(String path) {
        return ROOTS.stream().anyMatch(root -> path.equals(root) || path.startsWith(root + "/"));
    }
}
