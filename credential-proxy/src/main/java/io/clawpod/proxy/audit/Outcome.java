package io.clawpod.proxy.audit;

import org.jspecify.annotations.Nullable;

/**
 * All that is known of a call that has ended. The members are those of the audit line.
 *
 * @param path without the query, of any length
 * @param prefix of the route
 * @param status that the client got; 0 if none
 * @param code of the problem that the client got
 */
public record Outcome(
        String id,
        String method,
        String path,
        Call.@Nullable Peer peer,
        @Nullable String route,
        @Nullable String prefix,
        String decision,
        @Nullable String denied,
        @Nullable String credential,
        int status,
        @Nullable String code,
        Usage usage,
        End end) {}
