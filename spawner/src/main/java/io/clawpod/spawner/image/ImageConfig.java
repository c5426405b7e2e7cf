package io.clawpod.spawner.image;

import com.fasterxml.jackson.databind.JsonNode;
import io.clawpod.spawner.session.ImageInfo;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads an image's configuration (OCI image specification 1.1, "Image Configuration"). Pure. */
final class ImageConfig {
    private ImageConfig() {}

    /**
     * @param digest of what the reference names
     * @throws RegistryFault if the configuration cannot be read
     */
    static ImageInfo read(ImageReference reference, String digest, Manifest.Image manifest, byte[] body) {
        JsonNode json = Manifest.json(body, reference.toString());
        String os = text(json.path("os"), reference);
        String architecture = text(json.path("architecture"), reference);
        if (os.isEmpty() || architecture.isEmpty()) {
            throw wrong(reference);
        }
        JsonNode config = json.path("config");
        return new ImageInfo(
                reference.toString(),
                reference.name(),
                digest,
                manifest.config().digest(),
                time(json.path("created")),
                os,
                architecture,
                manifest.size(),
                texts(config.path("Env"), reference),
                texts(config.path("Cmd"), reference),
                texts(config.path("Entrypoint"), reference),
                text(config.path("WorkingDir"), reference),
                text(config.path("User"), reference),
                labels(config.path("Labels"), reference),
                texts(json.path("rootfs").path("diff_ids"), reference),
                history(json.path("history"), manifest, reference));
    }

    private static RegistryFault wrong(ImageReference reference) {
        return RegistryFault.untrusted("the configuration of " + reference + " is not of the form of one");
    }

    private static String text(JsonNode node, ImageReference reference) {
        if (isAbsent(node)) {
            return "";
        } else if (!node.isTextual()) {
            throw wrong(reference);
        }
        return node.textValue();
    }

    private static List<String> texts(JsonNode node, ImageReference reference) {
        List<String> texts = new ArrayList<>();
        if (isAbsent(node)) {
            return texts;
        } else if (!node.isArray()) {
            throw wrong(reference);
        }
        for (JsonNode item : node) {
            texts.add(text(item, reference));
        }
        return texts;
    }

    private static SortedMap<String, String> labels(JsonNode node, ImageReference reference) {
        SortedMap<String, String> labels = new TreeMap<>();
        if (isAbsent(node)) {
            return labels;
        } else if (!node.isObject()) {
            throw wrong(reference);
        }
        node.properties().forEach(label -> labels.put(label.getKey(), text(label.getValue(), reference)));
        return labels;
    }

    /** Steps that made a layer have the manifest's layers in their order. */
    private static List<ImageInfo.Step> history(JsonNode node, Manifest.Image manifest, ImageReference reference) {
        List<ImageInfo.Step> steps = new ArrayList<>();
        if (isAbsent(node)) {
            return steps;
        } else if (!node.isArray()) {
            throw wrong(reference);
        }
        int layer = 0;
        for (JsonNode step : node) {
            boolean empty = step.path("empty_layer").asBoolean(false);
            long size = 0;
            if (!empty && layer < manifest.layers().size()) {
                size = manifest.layers().get(layer++).size();
            }
            steps.add(new ImageInfo.Step(
                    time(step.path("created")),
                    text(step.path("created_by"), reference),
                    text(step.path("comment"), reference),
                    size));
        }
        return steps;
    }

    private static boolean isAbsent(JsonNode node) {
        return node.isMissingNode() || node.isNull();
    }

    /** RFC 3339; what a builder wrote otherwise is no reason to refuse its image. */
    private static @Nullable Instant time(JsonNode node) {
        try {
            return node.isTextual() ? OffsetDateTime.parse(node.textValue()).toInstant() : null;
        } catch (DateTimeException e) {
            return null;
        }
    }
}
