package io.clawpod.spawner.api;

import jakarta.ws.rs.core.SecurityContext;
import java.security.Principal;

/**
 * Who calls, for resources that want to know it. Callers have no roles: each may do everything.
 *
 * @param name as the token file or the cluster knows it
 */
record KnownCaller(String name) implements SecurityContext {
    @Override
    public Principal getUserPrincipal() {
        return this::name;
    }

    @Override
    public boolean isUserInRole(String role) {
        return false;
    }

    @Override
    public boolean isSecure() {
        return false;
    }

    @Override
    public String getAuthenticationScheme() {
        return "Bearer";
    }
}
