package io.clawpod.spawner.api;

import io.clawpod.spawner.web.QueryFlag;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * A list and a watch have one path, and a query parameter tells them apart. Methods are told apart by what is accepted, and
 * most clients accept anything; so what they meant is put there.
 */
final class WatchFilter {
    @ServerRequestFilter(preMatching = true)
    public void choose(ContainerRequestContext request) {
        if (!request.getUriInfo().getPath().equals("/v1/sessions")) {
            return;
        }
        if (QueryFlag.isOn("watch", request.getUriInfo())) {
            request.getHeaders().putSingle(HttpHeaders.ACCEPT, MediaType.SERVER_SENT_EVENTS);
            return;
        }
        String accept = request.getHeaderString(HttpHeaders.ACCEPT);
        if (accept == null || accept.contains(MediaType.WILDCARD)) {
            request.getHeaders().putSingle(HttpHeaders.ACCEPT, MediaType.APPLICATION_JSON);
        }
    }
}
