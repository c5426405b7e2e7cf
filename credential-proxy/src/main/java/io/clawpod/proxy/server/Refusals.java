package io.clawpod.proxy.server;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.proxy.identity.Caller;
import io.clawpod.proxy.policy.Decision;
import io.clawpod.proxy.policy.SessionLimits.Permit;
import io.clawpod.proxy.route.Limits;
import io.clawpod.proxy.route.Route;
import org.jspecify.annotations.Nullable;

/**
 * What a caller is told whom a route does not take. It learns the route's name, what it asked for and who it is, and nothing
 * of the policies: those say what others may do. Pure.
 */
final class Refusals {
    private Refusals() {}

    static Problem noRoute() {
        return Problem.of(
                ErrorCode.NOT_FOUND,
                "No route has a prefix of this path.",
                "Ask the operator which prefixes there are, or to add a route.");
    }

    /** Null if the decision is to allow. */
    static @Nullable Problem of(Decision decision, String route, String method, Caller caller) {
        String who = "group " + quoted(caller.group()) + " and role " + quoted(caller.role());
        return switch (decision) {
            case ALLOWED -> null;
            case DENIED ->
                Problem.of(
                        ErrorCode.FORBIDDEN,
                        "A policy of route " + route + " denies " + method + " on this path to " + who + ".",
                        "Ask the operator to change that policy if the call is meant to be possible.");
            case NOT_ALLOWED ->
                Problem.of(
                        ErrorCode.FORBIDDEN,
                        "No policy of route " + route + " allows " + method + " on this path to " + who + ".",
                        "Ask the operator for a policy with effect allow that has this method, path, group and role.");
            case UNDECIDABLE ->
                Problem.of(
                        ErrorCode.FORBIDDEN,
                        "The path can be read in more than one way, so no policy of route " + route + " can allow it.",
                        "Encode each character once, as UTF-8, and send no empty first segment.");
        };
    }

    static Problem tooMany(Route route, Permit.Refused refused) {
        Limits limits = route.limits();
        boolean concurrent = refused.limit().equals("concurrentCalls");
        return Problem.of(
                ErrorCode.TOO_MANY_REQUESTS,
                concurrent
                        ? "Route " + route.name() + " takes " + limits.concurrentCalls()
                                + " calls of a session at a time."
                        : "Route " + route.name() + " takes " + limits.callsPerMinute()
                                + " calls of a session in a minute.",
                concurrent
                        ? "Wait until another call has ended."
                        : "Wait " + refused.retryAfterSeconds() + " s, as Retry-After says.");
    }

    private static String quoted(@Nullable String name) {
        return name == null ? "(none)" : '"' + name + '"';
    }
}
