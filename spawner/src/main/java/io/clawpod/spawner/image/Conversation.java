package io.clawpod.spawner.image;

import com.fasterxml.jackson.databind.JsonNode;
import io.clawpod.common.ErrorCode;
import io.clawpod.common.SecretText;
import io.clawpod.spawner.image.RegistryAuth.Login;
import io.clawpod.spawner.image.RegistryHttp.Answer;
import io.clawpod.spawner.image.RegistryHttp.Request;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of one registry for one purpose: logs in where it has to, once for each right, and follows a blob to where
 * it really lies. Keeps what it got until it is dropped. Failures are {@link RegistryFault}s.
 */
final class Conversation {
    private static final int MAX_TOKEN_ANSWER = 1 << 16;
    private static final int MAX_HOPS = 3;
    /** Docker Hub's API has another name than its images. */
    private static final String HUB_HOST = "registry-1.docker.io";

    private final RegistryHttp http;
    private final RegistryAuth auth;
    private final String registry;
    private final Map<Right, SecretText> grants = new ConcurrentHashMap<>();

    Conversation(RegistryHttp http, RegistryAuth auth, String registry) {
        this.http = http;
        this.auth = auth;
        this.registry = registry;
    }

    /**
     * What a request needs.
     *
     * @param repository whose credentials count
     * @param scopes as tokens name them (distribution, "Token Scope Documentation")
     */
    record Right(String repository, List<String> scopes) {
        static Right pull(String repository) {
            return new Right(repository, List.of("repository:" + repository + ":pull"));
        }

        static Right push(String repository) {
            return new Right(repository, List.of("repository:" + repository + ":pull,push"));
        }

        /** To write one by what lies in another. */
        static Right mount(String repository, String from) {
            return new Right(
                    repository, List.of("repository:" + repository + ":pull,push", "repository:" + from + ":pull"));
        }
    }

    /** @param path below {@code /v2/} */
    URI uri(String path) {
        String host = registry.equals(ImageReference.HUB) ? HUB_HOST : registry;
        return URI.create(http.scheme(registry) + "://" + host + "/v2/" + path);
    }

    String registry() {
        return registry;
    }

    /**
     * Asks, and again with what the registry wants to see for it.
     *
     * @param right each gets a token of its own
     */
    Uni<Answer> ask(Request request, Right right) {
        return http.send(request, grants.get(right)).chain(answer -> {
            if (answer.status() != 401) {
                return Uni.createFrom().item(answer);
            }
            return grant(answer, right)
                    .invoke(grant -> grants.put(right, grant))
                    .chain(grant -> http.send(request, grant))
                    .map(again -> accepted(again, right));
        });
    }

    /** As {@link #ask}, and follows redirects; another host sees nothing of the authorization. */
    Uni<Answer> fetch(Request request, Right right) {
        return ask(request, right).chain(answer -> follow(request, answer, right, MAX_HOPS));
    }

    private Uni<Answer> follow(Request request, Answer answer, Right right, int hops) {
        int status = answer.status();
        boolean redirect = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
        if (!redirect) {
            return Uni.createFrom().item(answer);
        }
        URI from = request.uri();
        URI to = resolved(from, answer.header("Location"));
        if (to == null || hops == 0) {
            return Uni.createFrom()
                    .failure(RegistryFault.untrusted(
                            "the registry at " + registry() + " sends a blob's reader round, or nowhere"));
        }
        boolean same =
                to.getScheme().equals(from.getScheme()) && to.getAuthority().equals(from.getAuthority());
        Request next = request.at(to);
        Uni<Answer> there = http.send(next, same ? grants.get(right) : null);
        return there.chain(found -> follow(next, found, right, hops - 1));
    }

    static @Nullable URI resolved(URI from, @Nullable String location) {
        if (location == null) {
            return null;
        }
        try {
            URI to = from.resolve(location);
            return to.getScheme() == null || to.getAuthority() == null ? null : to;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private Answer accepted(Answer answer, Right right) {
        if (answer.status() == 401) {
            throw denied(right);
        }
        return answer;
    }

    private RegistryFault denied(Right right) {
        return RegistryFault.refused(
                ErrorCode.FORBIDDEN,
                "the registry at " + registry() + " does not let the spawner at " + right.repository()
                        + ", or has no such repository",
                "put credentials for it into the file of clawpod.images.registry-auth");
    }

    private Uni<SecretText> grant(Answer refusal, Right right) {
        Challenge challenge = Challenge.parse(refusal.headers().getAll("WWW-Authenticate"));
        return Uni.createFrom()
                .item(() -> Optional.ofNullable(auth.login(registry, right.repository())))
                .runSubscriptionOn(Infrastructure.getDefaultWorkerPool())
                .chain(login -> grant(challenge, login.orElse(null), right));
    }

    private Uni<SecretText> grant(Challenge challenge, @Nullable Login login, Right right) {
        if (challenge instanceof Challenge.Bearer bearer) {
            return token(bearer, login, right);
        } else if (challenge instanceof Challenge.Basic && login instanceof Login.Password password) {
            return Uni.createFrom().item(password.header());
        }
        return Uni.createFrom().failure(denied(right));
    }

    private Uni<SecretText> token(Challenge.Bearer bearer, @Nullable Login login, Right right) {
        List<String> fields = new ArrayList<>();
        if (!bearer.service().isEmpty()) {
            fields.add("service=" + encoded(bearer.service()));
        }
        // Some registries name only the repository that is written to, and forget the one that is read.
        Set<String> scopes = new LinkedHashSet<>(bearer.scopes());
        scopes.addAll(right.scopes());
        Request request;
        SecretText authorization = null;
        try {
            URI realm = new URI(bearer.realm());
            if (login instanceof Login.IdentityToken identity) {
                fields.add("scope=" + encoded(String.join(" ", scopes)));
                fields.add("grant_type=refresh_token");
                fields.add("client_id=clawpod");
                fields.add("refresh_token=" + encoded(identity.token().reveal()));
                request = new Request(
                        HttpMethod.POST,
                        realm,
                        Map.of("Content-Type", "application/x-www-form-urlencoded"),
                        Buffer.buffer(String.join("&", fields)),
                        MAX_TOKEN_ANSWER);
            } else {
                scopes.forEach(scope -> fields.add("scope=" + encoded(scope)));
                String mark = realm.getRawQuery() == null ? "?" : "&";
                request = new Request(
                        HttpMethod.GET,
                        new URI(bearer.realm() + mark + String.join("&", fields)),
                        Map.of(),
                        null,
                        MAX_TOKEN_ANSWER);
                authorization = login instanceof Login.Password password ? password.header() : null;
            }
        } catch (java.net.URISyntaxException e) {
            return Uni.createFrom()
                    .failure(RegistryFault.untrusted(
                            "the registry at " + registry() + " names a token endpoint that is none"));
        }
        return http.send(request, authorization).map(answer -> token(answer, right));
    }

    private SecretText token(Answer answer, Right right) {
        if (answer.status() >= 400 && answer.status() < 500 && answer.status() != 429) {
            throw denied(right);
        } else if (answer.status() != 200) {
            throw RegistryFault.unreachable(
                    ErrorCode.UPSTREAM_FAILED,
                    "the token endpoint of the registry at " + registry() + " answers with " + answer.status(),
                    "try again later");
        }
        JsonNode json = Manifest.json(answer.body().getBytes(), "the token endpoint of " + registry());
        String token = json.path("token").asText("");
        if (token.isEmpty()) {
            token = json.path("access_token").asText("");
        }
        // RFC 6750 section 2.1; anything else could end the header and begin another.
        if (!token.matches("[A-Za-z0-9._~+/-]+=*")) {
            throw RegistryFault.untrusted("the token endpoint of the registry at " + registry() + " gives no token");
        }
        return SecretText.of("Bearer " + token);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
