package io.clawpod.spawner.image;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.clawpod.common.ErrorCode;
import io.clawpod.common.SecretText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Credentials from a docker {@code config.json}, which is what a Secret of the type {@code kubernetes.io/dockerconfigjson}
 * holds. Read anew each time, so that a changed Secret counts at once.
 */
final class RegistryAuth {
    private static final int MAX_BYTES = 1 << 20;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final @Nullable Path file;

    RegistryAuth(@Nullable Path file) {
        this.file = file;
    }

    /** What a registry takes for a login. */
    sealed interface Login {
        /** @param pair {@code user:password} */
        record Password(SecretText pair) implements Login {
            /** The value of an Authorization header (RFC 7617). */
            SecretText header() {
                return SecretText.of("Basic "
                        + Base64.getEncoder().encodeToString(pair.reveal().getBytes(StandardCharsets.UTF_8)));
            }
        }

        /** To be changed for another token (docker's {@code identitytoken}, RFC 6749 section 6). */
        record IdentityToken(SecretText token) implements Login {}
    }

    /**
     * Blocks on the file system.
     *
     * @param registry as in {@link ImageReference}
     * @return absent if there is none for it
     * @throws RegistryFault if the file cannot be read
     */
    @Nullable
    Login login(String registry, String repository) {
        if (file == null) {
            return null;
        }
        JsonNode best = null;
        int length = -1;
        for (Map.Entry<String, JsonNode> entry : read(file).path("auths").properties()) {
            String place = place(entry.getKey());
            if (place.length() > length && isFor(place, registry, repository)) {
                best = entry.getValue();
                length = place.length();
            }
        }
        return best == null ? null : login(best);
    }

    private static JsonNode read(Path file) {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw unreadable("is too large");
            }
            return JSON.readTree(Files.readAllBytes(file));
        } catch (JsonProcessingException e) {
            // The parser's words may have a piece of a password.
            throw unreadable("holds no JSON");
        } catch (IOException e) {
            throw unreadable("cannot be read");
        }
    }

    private static RegistryFault unreadable(String fault) {
        return RegistryFault.unreachable(
                ErrorCode.CREDENTIAL_UNAVAILABLE,
                "the file of clawpod.images.registry-auth " + fault,
                "mount a Secret of the type kubernetes.io/dockerconfigjson, and name its file");
    }

    /** Keys are hosts, URLs as docker login writes them, or hosts with a path as Kubernetes has them. */
    private static String place(String key) {
        String place = key.replaceFirst("^https?://", "").replaceFirst("/v[12]/?$", "");
        if (place.endsWith("/")) {
            place = place.substring(0, place.length() - 1);
        }
        return switch (place) {
            case "index.docker.io", "registry-1.docker.io" -> ImageReference.HUB;
            default -> place;
        };
    }

    private static boolean isFor(String place, String registry, String repository) {
        return place.equals(registry) || (registry + "/" + repository + "/").startsWith(place + "/");
    }

    private static @Nullable Login login(JsonNode entry) {
        String identity = entry.path("identitytoken").asText("");
        if (!identity.isEmpty()) {
            return new Login.IdentityToken(SecretText.of(identity));
        }
        String pair =
                entry.path("username").asText("") + ":" + entry.path("password").asText("");
        String auth = entry.path("auth").asText("");
        if (!auth.isEmpty()) {
            try {
                // Go's encoder may leave a NUL behind, as docker itself allows for.
                pair = new String(Base64.getDecoder().decode(auth), StandardCharsets.UTF_8).replaceFirst("\0+$", "");
            } catch (IllegalArgumentException e) {
                throw unreadable("has an auth that is no Base64");
            }
        }
        return pair.startsWith(":") ? null : new Login.Password(SecretText.of(pair));
    }
}
