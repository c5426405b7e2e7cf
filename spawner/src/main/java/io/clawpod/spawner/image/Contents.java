package io.clawpod.spawner.image;

import io.clawpod.common.ErrorCode;
import io.clawpod.spawner.image.Conversation.Right;
import io.clawpod.spawner.image.RegistryHttp.Answer;
import io.clawpod.spawner.image.RegistryHttp.Request;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.util.Map;

/** Reads a repository, and believes nothing whose digest is not right. Failures are {@link RegistryFault}s. */
final class Contents {
    /** What registries have to take for a manifest at least (OCI distribution 1.1, "Pushing Manifests"), in bytes. */
    static final int MAX_MANIFEST = 4 << 20;

    private static final int MAX_CONFIG = 4 << 20;
    private static final String ACCEPT = String.join(
            ", ", Manifest.OCI_INDEX, Manifest.DOCKER_LIST, Manifest.OCI_MANIFEST, Manifest.DOCKER_MANIFEST);

    private final Conversation conversation;
    private final String repository;
    private final Right right;

    Contents(Conversation conversation, String repository) {
        this.conversation = conversation;
        this.repository = repository;
        this.right = Right.pull(repository);
    }

    /** A manifest as it is kept. */
    record Content(String mediaType, String digest, Buffer body, String image) {
        /** @throws RegistryFault if it cannot be read */
        Manifest parsed() {
            return Manifest.parse(mediaType, body.getBytes(), image);
        }
    }

    /**
     * @param named tag or digest
     * @param image what to call it in an error
     */
    Uni<Content> manifest(String named, String image) {
        Request request = new Request(
                HttpMethod.GET,
                conversation.uri(repository + "/manifests/" + named),
                Map.of("Accept", ACCEPT),
                null,
                MAX_MANIFEST);
        return conversation.ask(request, right).map(answer -> content(answer, named, image));
    }

    private Content content(Answer answer, String named, String image) {
        if (answer.status() == 404) {
            throw RegistryFault.missing("manifest for " + image + " not found");
        }
        require(answer, 200, "the manifest of " + image);
        byte[] body = answer.body().getBytes();
        String told = answer.header("Docker-Content-Digest");
        String digest = ImageReference.isDigest(named) ? named : told != null ? told : Digest.sha256(body);
        if (!Digest.names(digest, body) || (told != null && !Digest.names(told, body))) {
            throw RegistryFault.untrusted("the manifest of " + image + " is not what its digest says");
        }
        String type = answer.header("Content-Type");
        String mediaType = type == null ? "" : type.replaceFirst("\\s*;.*", "");
        return new Content(mediaType, digest, answer.body(), image);
    }

    /** A small blob; redirects are followed. */
    Uni<byte[]> blob(Manifest.Descriptor blob, String image) {
        if (blob.size() > MAX_CONFIG) {
            return Uni.createFrom()
                    .failure(RegistryFault.untrusted(
                            "the configuration of " + image + " has more than " + MAX_CONFIG + " bytes"));
        }
        Request request = new Request(
                HttpMethod.GET, conversation.uri(repository + "/blobs/" + blob.digest()), Map.of(), null, MAX_CONFIG);
        return conversation.fetch(request, right).map(answer -> {
            require(answer, 200, "the configuration of " + image);
            byte[] body = answer.body().getBytes();
            if (body.length != blob.size() || !Digest.names(blob.digest(), body)) {
                throw RegistryFault.untrusted("the configuration of " + image + " is not what its digest says");
            }
            return body;
        });
    }

    private void require(Answer answer, int status, String what) {
        require(answer, status, what, conversation.registry());
    }

    /** @throws RegistryFault if the answer has another status */
    static void require(Answer answer, int status, String what, String registry) {
        int got = answer.status();
        if (got == status) {
            return;
        } else if (got == 403) {
            throw RegistryFault.refused(
                    ErrorCode.FORBIDDEN,
                    "the registry at " + registry + " does not allow the spawner " + what,
                    "give the credentials in the file of clawpod.images.registry-auth the right to it");
        } else if (got == 405) {
            throw RegistryFault.refused(
                    ErrorCode.FORBIDDEN, "the registry at " + registry + " is read-only", "use another");
        } else if (got == 429) {
            throw RegistryFault.unreachable(
                    ErrorCode.TOO_MANY_REQUESTS,
                    "the registry at " + registry + " wants fewer requests",
                    "try again later, or put credentials into the file of clawpod.images.registry-auth");
        }
        throw RegistryFault.unreachable(
                ErrorCode.UPSTREAM_FAILED,
                "the registry at " + registry + " answers with " + got + " for " + what,
                "try again, and look into the registry if it goes on");
    }
}
