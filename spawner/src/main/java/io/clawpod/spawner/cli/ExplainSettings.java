package io.clawpod.spawner.cli;

import io.clawpod.common.InstallSlug;
import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.plan.MountReviews;
import io.clawpod.spawner.plan.Settings;
import io.clawpod.spawner.session.Heartbeat;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The service's settings, as far as they decide what a pod is.
 *
 * @param mounts what is seen of the host from here
 * @param proxyAddress where agents find the proxy instead of at its Service's ClusterIP
 * @param defaultInstall of a session that names none
 * @param heartbeat of a session that has something mounted at /workspace
 */
public record ExplainSettings(
        Settings plan,
        MountReviews mounts,
        @Nullable String proxyAddress,
        @Nullable InstallSlug defaultInstall,
        @Nullable Heartbeat heartbeat) {
    /** Sees nothing of the host. */
    public ExplainSettings(
            Settings plan,
            @Nullable String proxyAddress,
            @Nullable InstallSlug defaultInstall,
            @Nullable Heartbeat heartbeat) {
        this(plan, MountReviews.asAsked(plan.volumes()), proxyAddress, defaultInstall, heartbeat);
    }

    /** Reads the settings as the service does. */
    @FunctionalInterface
    public interface Source {
        /**
         * Blocks on the file system.
         *
         * @param config a configuration file to read besides; absent for none
         * @throws InvalidValue naming the file or the setting that is wrong
         */
        ExplainSettings read(@Nullable Path config);
    }
}
