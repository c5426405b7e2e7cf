package io.clawpod.spawner.image;

import io.clawpod.common.ErrorCode;
import io.clawpod.spawner.image.Contents.Content;
import io.clawpod.spawner.image.Conversation.Right;
import io.clawpod.spawner.image.RegistryHttp.Answer;
import io.clawpod.spawner.image.RegistryHttp.Request;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Gives an image another name in its registry: within a repository by another tag, to another repository by mounting its
 * blobs (OCI distribution 1.1, "Mounting a blob from another repository"), which moves no layer. The tag comes last, so
 * that it never names what is not whole. Failures are {@link RegistryFault}s.
 */
final class Copy {
    private static final int MAX_ANSWER = 1 << 16;

    private final Conversation conversation;
    private final Contents contents;
    private final ImageReference from;
    private final ImageReference to;

    Copy(Conversation conversation, ImageReference from, ImageReference to) {
        this.conversation = conversation;
        this.contents = new Contents(conversation, from.repository());
        this.from = from;
        this.to = to;
    }

    /** @return the digest of what has the new name */
    Uni<String> run() {
        boolean near = from.repository().equals(to.repository());
        return contents.manifest(from.named(), from.toString())
                .call(top -> near ? Uni.createFrom().voidItem() : parts(top, true))
                .chain(top -> put(top, to.named()).replaceWith(top.digest()));
    }

    /** @param nests whether its entries may be indexes */
    private Uni<Void> parts(Content content, boolean nests) {
        Manifest manifest = content.parsed();
        if (manifest instanceof Manifest.Image image) {
            List<Manifest.Descriptor> blobs = new ArrayList<>(image.layers());
            blobs.add(image.config());
            // What may not be distributed lies elsewhere (its descriptor has URLs).
            blobs.removeIf(blob -> blob.mediaType().contains("nondistributable")
                    || blob.mediaType().contains("foreign"));
            return each(blobs, this::mount);
        }
        List<Manifest.Descriptor> entries = ((Manifest.Index) manifest)
                .entries().stream().map(Manifest.Entry::descriptor).toList();
        return each(entries, entry -> {
            if (entry.isIndex() && !nests) {
                return Uni.createFrom()
                        .failure(RegistryFault.untrusted("the index of " + from + " has indexes in indexes"));
            }
            return contents.manifest(entry.digest(), from.toString())
                    .call(child -> parts(child, false))
                    .chain(child -> put(child, child.digest()));
        });
    }

    private static Uni<Void> each(
            List<Manifest.Descriptor> all, Function<Manifest.Descriptor, Uni<? extends Void>> work) {
        return Multi.createFrom()
                .iterable(all)
                .onItem()
                .transformToUniAndConcatenate(work)
                .collect()
                .last();
    }

    private Uni<Void> mount(Manifest.Descriptor blob) {
        URI uri = conversation.uri(
                to.repository() + "/blobs/uploads/?mount=" + blob.digest() + "&from=" + from.repository());
        // A token for it has to allow reading the other repository too; the registry's challenge names both.
        return conversation
                .ask(
                        request(HttpMethod.POST, uri, Map.of(), Buffer.buffer()),
                        Right.mount(to.repository(), from.repository()))
                .chain(answer -> {
                    if (answer.status() == 202) {
                        return abandon(uri, answer).chain(() -> Uni.createFrom().failure(unmountable()));
                    }
                    Contents.require(answer, 201, "a blob in " + to.name(), conversation.registry());
                    return Uni.createFrom().voidItem();
                });
    }

    /** The registry has begun an upload instead; it would wait for it for days. */
    private Uni<Void> abandon(URI asked, Answer answer) {
        URI upload = Conversation.resolved(asked, answer.header("Location"));
        if (upload == null || !asked.getAuthority().equals(upload.getAuthority())) {
            return Uni.createFrom().voidItem();
        }
        return conversation
                .ask(
                        request(HttpMethod.DELETE, upload, Map.of(), null),
                        Right.mount(to.repository(), from.repository()))
                .onFailure()
                .recoverWithNull()
                .replaceWithVoid();
    }

    private RegistryFault unmountable() {
        return RegistryFault.refused(
                ErrorCode.FORBIDDEN,
                "the registry at " + conversation.registry() + " does not mount blobs of " + from.name() + " in "
                        + to.name(),
                "tag within the repository, or copy with a client of your own (docker buildx imagetools create, skopeo"
                        + " copy, crane copy)");
    }

    private Uni<Void> put(Content content, String named) {
        URI uri = conversation.uri(to.repository() + "/manifests/" + named);
        Map<String, String> headers = Map.of("Content-Type", content.mediaType());
        return conversation
                .ask(request(HttpMethod.PUT, uri, headers, content.body()), Right.push(to.repository()))
                .invoke(answer -> Contents.require(answer, 201, "the manifest of " + to, conversation.registry()))
                .replaceWithVoid();
    }

    private static Request request(HttpMethod method, URI uri, Map<String, String> headers, @Nullable Buffer body) {
        return new Request(method, uri, headers, body, MAX_ANSWER);
    }
}
