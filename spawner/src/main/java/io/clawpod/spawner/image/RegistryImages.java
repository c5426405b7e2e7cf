package io.clawpod.spawner.image;

import io.clawpod.common.ErrorCode;
import io.clawpod.common.InvalidValue;
import io.clawpod.common.Problem;
import io.clawpod.spawner.session.ImageInfo;
import io.clawpod.spawner.session.Images;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.time.Duration;

/** Asks registries (OCI distribution specification 1.1). Thread-safe. */
public final class RegistryImages implements Images {
    private final RegistryHttp http;
    private final RegistryAuth auth;
    private final String prefix;
    private final Manifest.Platform platform;

    public RegistryImages(Vertx vertx, ImageSettings settings) {
        this(vertx, settings, RegistryHttp.TIMEOUT);
    }

    RegistryImages(Vertx vertx, ImageSettings settings, Duration timeout) {
        this.http = new RegistryHttp(vertx, settings.insecure(), timeout);
        this.auth = new RegistryAuth(settings.authFile());
        this.prefix = settings.registry();
        this.platform = new Manifest.Platform("linux", settings.architecture());
    }

    @Override
    public Uni<Found> find(String text) {
        ImageReference reference;
        try {
            reference = ImageReference.parse(text, prefix);
        } catch (InvalidValue fault) {
            return Uni.createFrom().item(new Found.Refused(Problem.of(ErrorCode.INVALID_SPEC, fault)));
        }
        return look(reference)
                .<Found>map(Found.Present::new)
                .onFailure(RegistryFault.class)
                .recoverWithItem(failure -> found(reference, failure));
    }

    private Uni<ImageInfo> look(ImageReference reference) {
        Contents contents = new Contents(new Conversation(http, auth, reference.registry()), reference.repository());
        return contents.manifest(reference.named(), reference.toString())
                .chain(top -> image(contents, top, reference)
                        .chain(manifest -> contents.blob(manifest.config(), reference.toString())
                                .map(config -> ImageConfig.read(reference, top.digest(), manifest, config))));
    }

    private Uni<Manifest.Image> image(Contents contents, Contents.Content top, ImageReference reference) {
        Manifest manifest = top.parsed();
        if (manifest instanceof Manifest.Image image) {
            return Uni.createFrom().item(image);
        }
        Manifest.Descriptor chosen = ((Manifest.Index) manifest).choose(platform, reference.toString());
        return contents.manifest(chosen.digest(), reference.toString()).map(content -> {
            if (content.parsed() instanceof Manifest.Image image) {
                return image;
            }
            throw RegistryFault.untrusted("the index of " + reference + " has an index for " + platform);
        });
    }

    private static Found found(ImageReference reference, RegistryFault fault) {
        return switch (fault.kind()) {
            case MISSING -> new Found.Missing(reference.toString());
            case REFUSED -> new Found.Refused(fault.problem());
            case UNREACHABLE -> new Found.Unreachable(fault.problem());
        };
    }

    @Override
    public Uni<Tagging> tag(String source, String target) {
        ImageReference from;
        ImageReference to;
        try {
            from = ImageReference.parse(source, prefix);
            to = ImageReference.parse(target, prefix);
            requireTaggable(from, to);
        } catch (InvalidValue fault) {
            return Uni.createFrom().item(new Tagging.Refused(Problem.of(ErrorCode.INVALID_SPEC, fault)));
        }
        return new Copy(new Conversation(http, auth, from.registry()), from, to)
                .run()
                .<Tagging>map(digest -> new Tagging.Tagged(to.toString(), digest))
                .onFailure(RegistryFault.class)
                .recoverWithItem(failure -> tagging(from, failure));
    }

    private static void requireTaggable(ImageReference from, ImageReference to) {
        if (to.digest() != null) {
            throw new InvalidValue("target", "has a digest", "name a tag");
        }
        if (!from.registry().equals(to.registry())) {
            throw new InvalidValue(
                    "target",
                    "lies in another registry (" + to.registry() + ") than the source (" + from.registry() + ")",
                    "copy it with a client of your own (docker buildx imagetools create, skopeo copy, crane copy)");
        }
    }

    private static Tagging tagging(ImageReference from, RegistryFault fault) {
        return switch (fault.kind()) {
            case MISSING -> new Tagging.Missing(from.toString());
            case REFUSED -> new Tagging.Refused(fault.problem());
            case UNREACHABLE -> new Tagging.Unreachable(fault.problem());
        };
    }
}
