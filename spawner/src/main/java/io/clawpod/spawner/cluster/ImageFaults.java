package io.clawpod.spawner.cluster;

import io.clawpod.spawner.session.Reason;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tells why an image cannot be had. Kubernetes has few reasons for it, and the rest only the runtime's words tell; those that
 * are not known come to the general reason. Pure.
 */
final class ImageFaults {
    /** The runtime's words for a reason, without what they quote. */
    private record Words(Reason reason, Pattern pattern) {
        Words(Reason reason, String... alternatives) {
            this(reason, Pattern.compile(String.join("|", alternatives), Pattern.CASE_INSENSITIVE));
        }
    }

    /** The first that is found holds: a runtime may say "not found" of what it found for another platform. */
    private static final List<Words> WORDS = List.of(
            new Words(
                    Reason.IMAGE_PLATFORM,
                    "no match for platform in manifest", // containerd
                    "no matching manifest for", // Docker
                    "no image found in (image index|manifest list) for architecture"), // CRI-O
            new Words(
                    Reason.IMAGE_DENIED,
                    "\\b401 Unauthorized\\b",
                    "\\b403 Forbidden\\b",
                    "pull access denied",
                    "insufficient_scope",
                    "authorization failed",
                    "no basic auth credentials",
                    "authentication required",
                    "requested access to the resource is denied"),
            new Words(
                    Reason.IMAGE_NOT_FOUND,
                    "failed to resolve reference .*: not found",
                    "\\b404 Not Found\\b",
                    "manifest unknown",
                    "name unknown",
                    "repository name not known to registry"),
            new Words(
                    Reason.REGISTRY_UNAVAILABLE,
                    "dial tcp",
                    "no such host",
                    "i/o timeout",
                    "connection (refused|reset)",
                    "TLS handshake",
                    "x509: ",
                    "tls: ",
                    "server gave HTTP response to HTTPS client",
                    "context deadline exceeded",
                    "Client\\.Timeout",
                    "\\b429 Too Many Requests\\b",
                    "toomanyrequests",
                    "\\b5\\d\\d (Internal Server Error|Bad Gateway|Service Unavailable|Gateway Timeout)\\b"));

    /** What is quoted is the image's own name, or an address: both may be of any words. */
    private static final Pattern QUOTED = Pattern.compile("\"[^\"]*\"");

    private ImageFaults() {}

    /**
     * Why the container waits, if it waits for an image that cannot be had.
     *
     * @param reason of the container's state, as the kubelet writes it
     */
    static Optional<Reason> of(String reason, @Nullable String message) {
        return switch (reason) {
            case "ErrImagePull", "ImagePullBackOff" -> Optional.of(told(message));
            case "InvalidImageName" -> Optional.of(Reason.IMAGE_INVALID);
            // It is nowhere else to be had.
            case "ErrImageNeverPull" -> Optional.of(Reason.IMAGE_NOT_FOUND);
            case "RegistryUnavailable" -> Optional.of(Reason.REGISTRY_UNAVAILABLE);
            case "ImageInspectError", "SignatureValidationFailed" -> Optional.of(Reason.IMAGE_UNAVAILABLE);
            default -> Optional.empty();
        };
    }

    private static Reason told(@Nullable String message) {
        if (message == null) {
            return Reason.IMAGE_UNAVAILABLE;
        }
        String said = QUOTED.matcher(message).replaceAll("");
        return WORDS.stream()
                .filter(words -> words.pattern().matcher(said).find())
                .map(Words::reason)
                .findFirst()
                .orElse(Reason.IMAGE_UNAVAILABLE);
    }
}
