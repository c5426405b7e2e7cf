package io.clawpod.spawner.api;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.clawpod.common.Digests;
import io.clawpod.common.ErrorCode;
import io.clawpod.common.Problem;
import io.clawpod.spawner.session.Refusal;
import io.clawpod.spawner.session.TokenReviews;
import io.clawpod.spawner.session.TokenReviews.Review;
import io.clawpod.spawner.web.Authentication;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tells callers by their bearer tokens: static ones from a file, or ServiceAccount tokens that the cluster vouches for.
 * With neither configured nobody is known. Thread-safe.
 */
public final class Callers implements Authentication {
    /** For how long the cluster's word on a token is believed. */
    static final Duration REVIEW_VALID_FOR = Duration.ofSeconds(10);

    private static final String SCHEME = "bearer ";
    private static final int MAX_REVIEWS = 10_000;
    private static final int SHA256_DIGITS = 64;

    private final @Nullable TokenFile file;
    private final String mountedFrom;
    private final Set<String> serviceAccounts;
    private final TokenReviews reviews;
    // Keyed by digest, so that no token lies in memory longer than its call.
    private final Cache<String, Review> reviewed = Caffeine.newBuilder()
            .expireAfterWrite(REVIEW_VALID_FOR)
            .maximumSize(MAX_REVIEWS)
            .build();

    /**
     * @param tokenFile absent for none
     * @param secret what the file is mounted from, {@code namespace/name}; only for what is said of a fault
     * @param serviceAccounts that may call, each {@code namespace/name}; empty for none
     */
    public Callers(
            Optional<Path> tokenFile, Optional<String> secret, Set<String> serviceAccounts, TokenReviews reviews) {
        this.file = tokenFile.map(TokenFile::new).orElse(null);
        this.mountedFrom =
                secret.map(name -> "; it is mounted from the Secret " + name).orElse("");
        this.serviceAccounts = Set.copyOf(serviceAccounts);
        this.reviews = reviews;
    }

    /** Reads the token file again if it has changed. To be called every few seconds; blocks on the file system. */
    public void refresh() {
        if (file != null) {
            file.refresh();
        }
    }

    /** What keeps callers from being told; empty when all is well. */
    public List<String> faults() {
        List<String> faults = new ArrayList<>();
        if (file == null && serviceAccounts.isEmpty()) {
            faults.add("no caller is configured: set clawpod.callers.token-file or clawpod.callers.service-accounts");
        }
        if (file != null) {
            file.fault().map(fault -> fault + mountedFrom).ifPresent(faults::add);
        }
        return faults;
    }

    /** Whether {@link #identify} may call the API server, and so block. */
    boolean mayBlock(String token) {
        return !token.isEmpty()
                && !serviceAccounts.isEmpty()
                && (file == null || file.callerOf(token).isEmpty());
    }

    /** Who sent {@code token}. Blocks only if {@link #mayBlock} says so. */
    Caller identify(String token) {
        if (file == null && serviceAccounts.isEmpty()) {
            return new Caller.Undecided(Problem.of(
                    ErrorCode.CALLERS_NOT_CONFIGURED,
                    "the spawner knows no callers",
                    "set clawpod.callers.token-file or clawpod.callers.service-accounts"));
        }
        Optional<String> name = file == null ? Optional.empty() : file.callerOf(token);
        if (name.isPresent()) {
            return new Caller.Known(name.get());
        }
        return token.isEmpty() || serviceAccounts.isEmpty() ? new Caller.Unknown() : reviewed(token);
    }

    @Override
    public Uni<String> caller(@Nullable String authorization) {
        String token = token(authorization);
        Uni<Caller> caller = Uni.createFrom().item(() -> identify(token));
        if (mayBlock(token)) {
            caller = caller.runSubscriptionOn(Infrastructure.getDefaultWorkerPool());
        }
        return caller.map(Callers::name);
    }

    /** The token, or empty text, which is nobody's. */
    private static String token(@Nullable String authorization) {
        if (authorization == null || !authorization.toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
            return "";
        }
        return authorization.substring(SCHEME.length()).strip();
    }

    private static String name(Caller caller) {
        if (caller instanceof Caller.Known known) {
            return known.name();
        }
        if (caller instanceof Caller.Undecided undecided) {
            throw new Refusal(undecided.problem());
        }
        throw new Refusal(Problem.of(
                ErrorCode.UNAUTHENTICATED,
                "the request has no bearer token that is known",
                "send Authorization: Bearer with a token from the spawner's token file, or with a ServiceAccount"
                        + " token for the audience clawpod-spawner"));
    }

    private Caller reviewed(String token) {
        String digest = Digests.hex("SHA-256", token.getBytes(StandardCharsets.UTF_8), SHA256_DIGITS);
        Review review = reviewed.getIfPresent(digest);
        if (review == null) {
            review = reviews.review(token);
            if (!(review instanceof Review.Unavailable)) {
                reviewed.put(digest, review);
            }
        }
        if (review instanceof Review.ServiceAccount account) {
            return serviceAccounts.contains(account.name()) ? new Caller.Known(account.name()) : new Caller.Unknown();
        }
        return review instanceof Review.Unavailable unavailable
                ? new Caller.Undecided(unavailable.problem())
                : new Caller.Unknown();
    }
}
