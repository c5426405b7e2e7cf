package io.clawpod.spawner.testing;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clawpod.common.Digests;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** An image by hand: an index, two manifests, their configurations and one layer, each by its digest. */
public final class SampleImage {
    public static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
    public static final String INDEX = "application/vnd.oci.image.index.v1+json";
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final Map<String, byte[]> blobs = new LinkedHashMap<>();
    private final Map<String, byte[]> manifests = new LinkedHashMap<>();
    private final String amd64;
    private final String index;

    public SampleImage() {
        amd64 = manifest("amd64");
        String arm64 = manifest("arm64");
        ObjectNode json = NODES.objectNode().put("schemaVersion", 2).put("mediaType", INDEX);
        ArrayNode entries = json.putArray("manifests");
        entry(entries, amd64, "amd64");
        entry(entries, arm64, "arm64");
        entry(entries, arm64, "unknown");
        index = put(manifests, bytes(json));
    }

    private String manifest(String architecture) {
        String config = put(blobs, bytes(config(architecture)));
        String layer = put(blobs, "a layer that is none".getBytes(StandardCharsets.UTF_8));
        ObjectNode json = NODES.objectNode().put("schemaVersion", 2).put("mediaType", MANIFEST);
        json.set("config", descriptor("application/vnd.oci.image.config.v1+json", config, blobs));
        json.putArray("layers").add(descriptor("application/vnd.oci.image.layer.v1.tar+gzip", layer, blobs));
        return put(manifests, bytes(json));
    }

    private static ObjectNode config(String architecture) {
        ObjectNode json = NODES.objectNode()
                .put("created", "2026-01-02T03:04:05+01:00")
                .put("os", "linux")
                .put("architecture", architecture);
        ObjectNode config = json.putObject("config").put("User", "node").put("WorkingDir", "/app");
        config.putArray("Env").add("PATH=/bin");
        config.putArray("Cmd").add("serve");
        config.putArray("Entrypoint").add("/entry");
        config.putObject("Labels").put("a", "b");
        json.putObject("rootfs").put("type", "layers").putArray("diff_ids").add("sha256:" + "1".repeat(64));
        ArrayNode history = json.putArray("history");
        history.addObject().put("created_by", "ADD layer");
        history.addObject().put("created_by", "USER node").put("empty_layer", true);
        return json;
    }

    private void entry(ArrayNode entries, String digest, String architecture) {
        ObjectNode entry = descriptor(MANIFEST, digest, manifests);
        entry.putObject("platform").put("os", "linux").put("architecture", architecture);
        entries.add(entry);
    }

    private static ObjectNode descriptor(String type, String digest, Map<String, byte[]> in) {
        return NODES.objectNode()
                .put("mediaType", type)
                .put("digest", digest)
                .put("size", Objects.requireNonNull(in.get(digest)).length);
    }

    private static byte[] bytes(ObjectNode json) {
        return json.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static String put(Map<String, byte[]> into, byte[] content) {
        String digest = digest(content);
        into.put(digest, content);
        return digest;
    }

    private static String digest(byte[] content) {
        return "sha256:" + Digests.hex("SHA-256", content, 64);
    }

    public Map<String, byte[]> blobs() {
        return blobs;
    }

    /** In the order in which they can be pushed: the index last. */
    public Map<String, byte[]> manifests() {
        return manifests;
    }

    /** The digest of the manifest for amd64. */
    public String amd64() {
        return amd64;
    }

    /** The digest of the index. */
    public String index() {
        return index;
    }
}
