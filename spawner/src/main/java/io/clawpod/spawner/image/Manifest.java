package io.clawpod.spawner.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.clawpod.common.ErrorCode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What a manifest says (OCI image specification 1.1, "Image Manifest" and "Image Index"; Docker's schema 2). Pure. */
sealed interface Manifest {
    String OCI_INDEX = "application/vnd.oci.image.index.v1+json";
    String OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
    String DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";
    String DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
    Set<String> KINDS = Set.of(OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST);
    Set<String> CONFIGS =
            Set.of("application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json");

    /** Far above what images have; each costs requests. */
    int MAX_ENTRIES = 256;

    ObjectMapper JSON = new ObjectMapper();

    /** @param size in bytes */
    record Descriptor(String mediaType, String digest, long size) {
        boolean isIndex() {
            return mediaType.equals(OCI_INDEX) || mediaType.equals(DOCKER_LIST);
        }
    }

    record Platform(String os, String architecture) {
        @Override
        public String toString() {
            return os + "/" + architecture;
        }
    }

    record Entry(Descriptor descriptor, Platform platform) {}

    record Index(List<Entry> entries) implements Manifest {
        /** @throws RegistryFault if there is none for {@code platform}; the first one counts, as in Docker */
        Descriptor choose(Platform platform, String image) {
            return entries.stream()
                    .filter(entry -> entry.platform().equals(platform))
                    .map(Entry::descriptor)
                    .findFirst()
                    .orElseThrow(() -> RegistryFault.refused(
                            ErrorCode.NOT_FOUND,
                            "no matching manifest for " + platform + " in the manifest list entries of " + image,
                            "use an image that is built for the cluster's nodes"));
        }
    }

    /** @param layers the lowest first */
    record Image(Descriptor config, List<Descriptor> layers) implements Manifest {
        /** @return of all layers, in bytes */
        long size() {
            return layers.stream().mapToLong(Descriptor::size).sum();
        }
    }

    /**
     * @param mediaType of the answer, without parameters; empty if it had none
     * @throws RegistryFault if it cannot be read, or is of a kind that no node runs
     */
    static Manifest parse(String mediaType, byte[] body, String image) {
        JsonNode json = json(body, image);
        String type = json.path("mediaType").asText(mediaType);
        boolean index = type.equals(OCI_INDEX) || type.equals(DOCKER_LIST);
        // The distribution specification wants both to be the same; one read as the other hides what is run.
        boolean contradicted = (json.has("manifests") && (json.has("layers") || json.has("config")))
                || (KINDS.contains(mediaType) && !mediaType.equals(type));
        if (json.path("schemaVersion").asInt() != 2
                || !KINDS.contains(type)
                || contradicted
                || json.has("manifests") != index) {
            throw RegistryFault.untrusted("the manifest of " + image + " is of no kind that is known here");
        }
        return index ? index(json, image) : image(json, image);
    }

    private static Index index(JsonNode json, String image) {
        List<Entry> entries = new ArrayList<>();
        for (JsonNode entry : entries(json.path("manifests"), image)) {
            JsonNode platform = entry.path("platform");
            entries.add(new Entry(
                    descriptor(entry, image),
                    new Platform(
                            platform.path("os").asText(""),
                            platform.path("architecture").asText(""))));
        }
        return new Index(List.copyOf(entries));
    }

    private static Image image(JsonNode json, String image) {
        Descriptor config = descriptor(json.path("config"), image);
        if (!CONFIGS.contains(config.mediaType())) {
            throw RegistryFault.refused(
                    ErrorCode.NOT_FOUND, image + " is no container image, but another artifact", "name an image");
        }
        List<Descriptor> layers = new ArrayList<>();
        for (JsonNode layer : entries(json.path("layers"), image)) {
            layers.add(descriptor(layer, image));
        }
        return new Image(config, List.copyOf(layers));
    }

    private static JsonNode entries(JsonNode list, String image) {
        if (!list.isArray() || list.size() > MAX_ENTRIES) {
            throw RegistryFault.untrusted(
                    "the manifest of " + image + " has no list, or one of more than " + MAX_ENTRIES);
        }
        return list;
    }

    private static Descriptor descriptor(JsonNode json, String image) {
        String digest = json.path("digest").asText("");
        JsonNode size = json.path("size");
        // A petabyte each; their sum stays a number.
        boolean sized =
                size.isIntegralNumber() && size.canConvertToLong() && size.asLong() >= 0 && size.asLong() < 1L << 50;
        if (!ImageReference.isDigest(digest) || !sized) {
            throw RegistryFault.untrusted("the manifest of " + image + " has a descriptor without a digest or a size");
        }
        return new Descriptor(json.path("mediaType").asText(""), digest, size.asLong());
    }

    /** @throws RegistryFault if it is no JSON object */
    static JsonNode json(byte[] body, String what) {
        try {
            JsonNode json = JSON.readTree(body);
            if (json != null && json.isObject()) {
                return json;
            }
        } catch (IOException e) {
            // Told below, without the parser's words.
        }
        throw RegistryFault.untrusted("what the registry has for " + what + " is no JSON object");
    }
}
