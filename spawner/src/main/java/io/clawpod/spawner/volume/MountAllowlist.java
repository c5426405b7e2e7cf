package io.clawpod.spawner.volume;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.session.ContainerPath;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A NanoClaw host's {@code mount-allowlist.json}, with the meaning that it has for the host: a path is allowed if no blocked
 * pattern occurs in it and it lies below an allowed root, of which the first one counts. Immutable.
 */
public final class MountAllowlist {
    /** What the host blocks whatever its file says; each occurs anywhere in a path, letter by letter. */
    static final List<String> ALWAYS_BLOCKED = List.of(
            ".ssh",
            ".gnupg",
            ".gpg",
            ".aws",
            ".azure",
            ".gcloud",
            ".kube",
            ".docker",
            "credentials",
            ".env",
            ".netrc",
            ".npmrc",
            ".pypirc",
            "id_rsa",
            "id_ed25519",
            "private_key",
            ".secret");

    private static final JsonMapper STRICT = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final List<Root> roots;
    private final List<String> blocked;
    private final boolean nonMainReadOnly;

    private record Root(String path, boolean allowReadWrite) {}

    private MountAllowlist(List<Root> roots, List<String> blocked, boolean nonMainReadOnly) {
        this.roots = List.copyOf(roots);
        this.blocked = List.copyOf(blocked);
        this.nonMainReadOnly = nonMainReadOnly;
    }

    /**
     * Reads the file's text, strictly.
     *
     * @param home what {@code ~} stands for; absent means that no root may begin with it
     * @throws InvalidValue naming the field that is wrong
     */
    public static MountAllowlist parse(String json, @Nullable String home) {
        JsonNode document;
        try {
            document = STRICT.readTree(json);
        } catch (JsonProcessingException e) {
            String where =
                    e.getLocation() == null ? "" : " at line " + e.getLocation().getLineNr();
            throw new InvalidValue("the file", "is no JSON" + where, "write allowedRoots and blockedPatterns");
        }
        StrictTree file = new StrictTree("", document, Set.of("allowedRoots", "blockedPatterns", "nonMainReadOnly"));
        List<Root> roots = new ArrayList<>();
        List<JsonNode> listed = file.list("allowedRoots");
        for (int i = 0; i < listed.size(); i++) {
            String at = "allowedRoots[" + i + "]";
            StrictTree root = new StrictTree(at, listed.get(i), Set.of("path", "allowReadWrite", "description"));
            root.optionalText("description");
            roots.add(new Root(expanded(at + ".path", root.text("path"), home), root.flag("allowReadWrite")));
        }
        List<String> patterns = new ArrayList<>();
        List<JsonNode> given = file.list("blockedPatterns");
        for (int i = 0; i < given.size(); i++) {
            if (!given.get(i).isTextual()) {
                throw new InvalidValue("blockedPatterns[" + i + "]", "is no text", "write it in quotes");
            }
            patterns.add(given.get(i).textValue());
        }
        return new MountAllowlist(
                roots,
                Stream.concat(ALWAYS_BLOCKED.stream(), patterns.stream())
                        .distinct()
                        .toList(),
                file.flag("nonMainReadOnly"));
    }

    private static String expanded(String field, String path, @Nullable String home) {
        if (path.equals("~") || path.startsWith("~/")) {
            if (home == null) {
                throw new InvalidValue(
                        field, "begins with ~, and the host's home is not known", "set clawpod.volumes.allowlist.home");
            }
            return ContainerPath.normalise(field, home + path.substring(1));
        }
        // The host takes others from its working folder, which is not known here.
        return ContainerPath.normalise(field, path);
    }

    /**
     * A mount that the list governs.
     *
     * @param below containerPath, from the governed folder on; empty for that folder itself
     * @param realPath on the host, with links followed where they can be seen; absent if there is nothing
     * @param readOnly as asked
     * @param main whether it is for the host's main group
     */
    public record Candidate(String below, @Nullable String realPath, boolean readOnly, boolean main) {}

    /** What the list says of a mount. */
    public sealed interface Verdict {
        /** @param why it is read-only although it was not asked for so; absent if nothing changes */
        record Allowed(boolean readOnly, @Nullable String why) implements Verdict {}

        record Refused(String why) implements Verdict {}
    }

    /** @param realRoot follows the links of a root; empty for one that is not there, which then allows nothing */
    public Verdict judge(Candidate mount, Function<String, Optional<String>> realRoot) {
        if (mount.below().isBlank() || mount.below().contains("..")) {
            return new Verdict.Refused("its place in the container is not one that the host would give it");
        }
        String path = mount.realPath();
        if (path == null) {
            return new Verdict.Refused("it does not exist, as far as the spawner sees");
        }
        for (String pattern : blocked) {
            if (path.contains(pattern)) {
                return new Verdict.Refused("its path has the blocked pattern '" + pattern + "'");
            }
        }
        Optional<Root> root = roots.stream()
                .filter(each -> realRoot.apply(each.path)
                        .filter(real -> isBelow(path, real))
                        .isPresent())
                .findFirst();
        if (root.isEmpty()) {
            return new Verdict.Refused("it is under no allowed root");
        }
        if (mount.readOnly()) {
            return new Verdict.Allowed(true, null);
        }
        if (nonMainReadOnly && !mount.main()) {
            return new Verdict.Allowed(true, "only the main group may write to allowed roots");
        }
        return root.get().allowReadWrite
                ? new Verdict.Allowed(false, null)
                : new Verdict.Allowed(true, "the allowed root " + root.get().path + " may only be read");
    }

    private static boolean isBelow(String path, String root) {
        if (!ContainerPath.isWithin(path, root)) {
            return false;
        }
        // The host takes whatever begins with two dots for a way up, a folder named "..data" directly below the root
        // too.
        String relative = path.substring(Math.min(path.length(), root.equals("/") ? 1 : root.length() + 1));
        return !relative.startsWith("..");
    }
}
