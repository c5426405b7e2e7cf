package io.clawpod.spawner.host;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.volume.MountAllowlist;
import java.nio.file.Path;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The host's mount-allowlist.json. While it is missing or wrong there is no list, and then no mount that needs its leave is
 * made. Thread-safe.
 */
final class AllowlistFile {
    private static final Logger LOG = Logger.getLogger(AllowlistFile.class);

    private final TextFile file;
    private final @Nullable String home;
    private volatile @Nullable MountAllowlist list;
    private volatile @Nullable String fault;

    /** @param home what {@code ~} stands for */
    AllowlistFile(Path path, @Nullable String home) {
        this.file = new TextFile(path);
        this.home = home;
    }

    /** Reads the file again if it has changed. Blocks. */
    synchronized void refresh() {
        try {
            Optional<String> text = file.readIfChanged();
            if (text.isPresent()) {
                list = MountAllowlist.parse(text.get(), home);
                fault = null;
                LOG.infof("mount allowlist read file=%s", file.path());
            }
        } catch (InvalidValue wrong) {
            list = null;
            String told = "clawpod.volumes.allowlist.file (" + file.path() + ") " + wrong.getMessage()
                    + "; mounts that need its leave are left out";
            if (!told.equals(fault)) {
                LOG.warnf("mount allowlist wrong fault=\"%s\"", told);
            }
            fault = told;
            file.forget();
        }
    }

    Optional<MountAllowlist> list() {
        return Optional.ofNullable(list);
    }

    Optional<String> fault() {
        return Optional.ofNullable(fault);
    }
}
