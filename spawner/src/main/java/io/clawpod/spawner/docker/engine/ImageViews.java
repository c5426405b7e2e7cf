package io.clawpod.spawner.docker.engine;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clawpod.common.Digests;
import io.clawpod.spawner.session.ImageInfo;
import io.clawpod.spawner.session.SessionDetail;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Images in Docker's forms (Docker Engine API, ImageInspect, ImageSummary, ImageHistory). Pure. */
final class ImageViews {
    /** Go's zero time, by which clients tell that there is none. */
    private static final String NEVER = "0001-01-01T00:00:00Z";

    private static final Pattern ID = Pattern.compile("sha256:[0-9a-f]{12,64}|[0-9a-f]{64}");
    private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");
    private static final String SHA_256 = "sha256:";

    private ImageViews() {}

    /** Whether it is an id and no name. Ids that were cut without {@code sha256:} cannot be told from names. */
    static boolean isId(String text) {
        return ID.matcher(text).matches();
    }

    static String hex(String id) {
        return id.startsWith(SHA_256) ? id.substring(SHA_256.length()) : id;
    }

    /** The digest that the node tells of the image it runs; one that stands for the name if it tells none. */
    static String id(SessionDetail detail) {
        Matcher digest = DIGEST.matcher(detail.imageId() == null ? "" : detail.imageId());
        return digest.find() ? digest.group() : id(detail.session().image());
    }

    /** The node's word as a repository's digest; without a repository it is the configuration's. */
    private static List<String> repoDigests(SessionDetail detail) {
        String told = detail.imageId();
        return told != null && told.contains("@") ? List.of(told) : List.of();
    }

    /** @param tag a tag, a digest, or absent */
    static String joined(String name, @Nullable String tag) {
        if (tag == null) {
            return name;
        }
        return name + (tag.startsWith(SHA_256) || tag.startsWith("sha512:") ? "@" : ":") + tag;
    }

    /** The name with Docker's tag if it has none. */
    static String tagged(String image) {
        boolean named = image.contains("@") || image.lastIndexOf(':') > image.lastIndexOf('/');
        return named ? image : image + ":latest";
    }

    /** @param platform as {@code os}, {@code os/architecture} or with a variant, or as the API's JSON object of these */
    static boolean isFor(ImageInfo image, String platform) {
        String[] parts = platform.split("/", -1);
        if (platform.startsWith("{")) {
            return platform.contains("\"" + image.architecture() + "\"");
        }
        boolean os = parts[0].equals(image.os());
        return parts.length == 1
                ? os || parts[0].equals(image.architecture())
                : os && parts[1].equals(image.architecture());
    }

    /** Docker's reference filter: a glob over the name, with or without tag, whose last parts may suffice. */
    static boolean matches(String image, String glob) {
        String full = tagged(image);
        String bare = full.replaceFirst("(@[^/]*|:[^/]*)$", "");
        for (String name : List.of(full, bare)) {
            String rest = name;
            while (true) {
                if (globs(glob, rest)) {
                    return true;
                }
                int slash = rest.indexOf('/');
                if (slash < 0) {
                    break;
                }
                rest = rest.substring(slash + 1);
            }
        }
        return false;
    }

    /** Goes back to the last star only, so that no pattern takes long. */
    private static boolean globs(String glob, String text) {
        int g = 0;
        int t = 0;
        int star = -1;
        int mark = 0;
        while (t < text.length()) {
            char c = text.charAt(t);
            if (g < glob.length() && glob.charAt(g) == '*') {
                star = g++;
                mark = t;
            } else if (g < glob.length() && (glob.charAt(g) == c || (glob.charAt(g) == '?' && c != '/'))) {
                g++;
                t++;
            } else if (star >= 0 && text.charAt(mark) != '/') {
                g = star + 1;
                t = ++mark;
            } else {
                return false;
            }
        }
        return glob.substring(g).chars().allMatch(c -> c == '*');
    }

    static ObjectNode image(ImageInfo image) {
        ObjectNode shown = head(image.configDigest(), image.created());
        shown.set("RepoTags", Json.array(image.isTagged() ? List.of(image.reference()) : List.of()));
        shown.set("RepoDigests", Json.array(List.of(image.name() + "@" + image.digest())));
        shown.put("Architecture", image.architecture())
                .put("Os", image.os())
                .put("Size", image.size())
                .put("VirtualSize", image.size());
        ObjectNode config = shown.putObject("Config").put("User", image.user()).put("WorkingDir", image.workdir());
        config.set("Env", Json.array(image.env()));
        words(config, "Cmd", image.cmd());
        words(config, "Entrypoint", image.entrypoint());
        config.set("Labels", Json.object(image.labels()));
        shown.putObject("RootFS").put("Type", "layers").set("Layers", Json.array(image.layers()));
        return shown;
    }

    /** What a session tells of the image it runs: its names, and neither its size nor its configuration. */
    static ObjectNode image(SessionDetail detail) {
        String image = detail.session().image();
        ObjectNode shown = head(id(detail), null);
        shown.set("RepoTags", Json.array(image.contains("@") ? List.of() : List.of(tagged(image))));
        shown.set("RepoDigests", Json.array(repoDigests(detail)));
        shown.put("Architecture", "").put("Os", "linux").put("Size", 0).put("VirtualSize", 0);
        ObjectNode config = shown.putObject("Config").put("User", "").put("WorkingDir", "");
        config.putArray("Env");
        config.putNull("Cmd").putNull("Entrypoint").putNull("Labels");
        shown.putObject("RootFS").put("Type", "layers").putArray("Layers");
        return shown;
    }

    private static ObjectNode head(String id, @Nullable Instant created) {
        ObjectNode shown = Json.object()
                .put("Id", id)
                .put("Parent", "")
                .put("Comment", "")
                .put("Created", created == null ? NEVER : created.toString())
                .put("DockerVersion", "")
                .put("Author", "");
        shown.putObject("GraphDriver").put("Name", "kubernetes").putNull("Data");
        shown.putObject("Metadata").put("LastTagTime", NEVER);
        return shown;
    }

    private static void words(ObjectNode config, String name, List<String> words) {
        if (words.isEmpty()) {
            config.putNull(name);
        } else {
            config.set(name, Json.array(words));
        }
    }

    /**
     * @param info what the registry last said, if it was asked
     * @param detail of a session that runs it, if one was looked at
     */
    static ObjectNode entry(String image, int users, @Nullable ImageInfo info, @Nullable SessionDetail detail) {
        Instant created = info == null ? null : info.created();
        ObjectNode entry = Json.object()
                .put("Id", info != null ? info.configDigest() : detail != null ? id(detail) : id(image))
                .put("ParentId", "")
                .put("Created", (created == null ? Instant.parse(NEVER) : created).getEpochSecond())
                .put("Size", info == null ? 0 : info.size())
                .put("VirtualSize", info == null ? 0 : info.size())
                .put("SharedSize", -1)
                .put("Containers", users);
        entry.set("RepoTags", Json.array(image.contains("@") ? List.of() : List.of(tagged(image))));
        List<String> digests = new ArrayList<>();
        if (info != null) {
            digests.add(info.name() + "@" + info.digest());
        } else if (detail != null) {
            digests.addAll(repoDigests(detail));
        } else if (image.contains("@")) {
            digests.add(image);
        }
        entry.set("RepoDigests", Json.array(digests));
        entry.set("Labels", info == null ? Json.object() : Json.object(info.labels()));
        return entry;
    }

    /** Clients want an id; where nobody has told it, one that stands for the name. */
    private static String id(String image) {
        return SHA_256 + Digests.hex("SHA-256", image.getBytes(StandardCharsets.UTF_8), 64);
    }

    /** Newest first. */
    static ArrayNode history(ImageInfo image) {
        ArrayNode history = Json.array();
        List<ImageInfo.Step> steps = image.history();
        for (int i = steps.size() - 1; i >= 0; i--) {
            ImageInfo.Step step = steps.get(i);
            boolean newest = i == steps.size() - 1;
            Instant created = step.created() == null ? Instant.parse(NEVER) : step.created();
            history.addObject()
                    .put("Id", newest ? image.configDigest() : "<missing>")
                    .put("Created", created.getEpochSecond())
                    .put("CreatedBy", step.createdBy())
                    .put("Size", step.size())
                    .put("Comment", step.comment())
                    .set("Tags", newest && image.isTagged() ? Json.array(List.of(image.reference())) : Json.array());
        }
        return history;
    }

    /** The lines of a pull whose layers were all there (Docker's JSON message stream). */
    static List<ObjectNode> pulled(ImageInfo image) {
        String tag = image.isTagged() ? image.reference().substring(image.name().length() + 1) : image.digest();
        return List.of(
                Json.object().put("status", "Pulling from " + image.name()).put("id", tag),
                Json.object().put("status", "Digest: " + image.digest()),
                Json.object().put("status", "Status: Image is available to the cluster for " + image.reference()));
    }
}
