package io.clawpod.spawner.host;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.session.ContainerPath;
import io.clawpod.spawner.volume.Ownership;
import io.clawpod.spawner.volume.VolumeRule;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the host's folders lie, and who says so.
 *
 * @param rules that are settings themselves
 * @param ownership of rules in the file that name none
 * @param file with further rules; absent for none
 * @param allowlist the host's mount-allowlist.json; absent means that the host alone applies it
 * @param governs the folder in the container below which a mount needs the allowlist's leave
 * @param home what {@code ~} in the allowlist stands for; absent if it does not occur
 * @param visibleAt the folder in which the spawner sees the host's root folder, or parts of it; absent if it sees none
 */
public record VolumeSettings(
        List<VolumeRule> rules,
        Ownership ownership,
        @Nullable Path file,
        @Nullable Path allowlist,
        String governs,
        @Nullable String home,
        @Nullable Path visibleAt) {
    /** @throws InvalidValue whose field is the setting's name below {@code clawpod.volumes} */
    public VolumeSettings {
        rules = List.copyOf(rules);
        requireAbsolute("file", file);
        requireAbsolute("allowlist.file", allowlist);
        governs = ContainerPath.normalise("allowlist.governs", governs);
        home = home == null ? null : ContainerPath.normalise("allowlist.home", home);
        requireAbsolute("visible-at", visibleAt);
    }

    private static void requireAbsolute(String field, @Nullable Path path) {
        if (path != null && !path.isAbsolute()) {
            throw new InvalidValue(field, "is not an absolute path", "begin it with /");
        }
    }
}
