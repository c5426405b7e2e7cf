package io.clawpod.spawner.image;

import io.clawpod.common.InvalidValue;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How registries are asked.
 *
 * @param registry put before images that name none; empty for none
 * @param insecure registries, each {@code host[:port]}, that are asked by http; all others only by https
 * @param authFile a docker {@code config.json} with credentials; absent for none
 * @param architecture of the cluster's nodes, in Go's words: {@code amd64}, {@code arm64}
 */
public record ImageSettings(
        String registry, Set<String> insecure, @Nullable Path authFile, String architecture) {
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9.\\[\\]:-]+");

    /** @throws InvalidValue whose field is the setting's name without {@code clawpod.images} */
    public ImageSettings {
        insecure = Set.copyOf(insecure);
        for (String host : insecure) {
            if (!HOST.matcher(host).matches()) {
                throw new InvalidValue("insecure-registries", "has what is no registry", "write host or host:port");
            }
        }
        if (authFile != null && !authFile.isAbsolute()) {
            throw new InvalidValue(
                    "registry-auth", "is no absolute path", "name the mounted file, such as /etc/clawpod/config.json");
        }
    }

    /** The machine's architecture in Go's words, which images use (Go, {@code GOARCH}). */
    public static String architecture(String osArch) {
        return switch (osArch) {
            case "x86_64", "amd64" -> "amd64";
            case "aarch64", "arm64" -> "arm64";
            default -> osArch;
        };
    }
}
