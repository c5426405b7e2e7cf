package io.clawpod.spawner.volume;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.session.ContainerPath;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Where the files below a host prefix really lie. */
public sealed interface VolumeSource {
    /**
     * A PersistentVolumeClaim in the agents' namespace.
     *
     * @param subPath folder of the claim that the host prefix stands for; empty means its root
     * @param node the only node that can use it, as one whose own processes hold it; absent leaves that to the scheduler
     */
    record Claim(String name, String subPath, @Nullable String node) implements VolumeSource {
        private static final Pattern NAME = Pattern.compile("(?=.{1,253}$)[a-z0-9]([a-z0-9.-]*[a-z0-9])?");

        /** @throws InvalidValue if the name is no object name or the path climbs */
        public Claim {
            if (!NAME.matcher(name).matches()) {
                throw new InvalidValue("source", "names no claim", "write pvc:<claim>[/<subPath>]");
            }
            subPath = ContainerPath.normalise("source", "/" + subPath).substring(1);
        }

        public Claim(String name, String subPath) {
            this(name, subPath, null);
        }
    }

    /** A folder of an NFS server, which the node mounts. */
    record Nfs(String server, String path) implements VolumeSource {
        /** @throws InvalidValue if the server is absent or the path not absolute */
        public Nfs {
            if (server.isBlank()) {
                throw new InvalidValue("source", "names no NFS server", "write nfs:<server>:<path>");
            }
            path = ContainerPath.normalise("source", path);
        }
    }

    /**
     * The same path on the node itself.
     *
     * @param node the node that has it; absent means every node has it
     */
    record HostPath(@Nullable String node) implements VolumeSource {}

    /**
     * Reads the form of the configuration.
     *
     * @param text {@code pvc:<claim>[/<subPath>]}, {@code nfs:<server>:<path>} or {@code hostPath}
     * @param node for {@code hostPath} and {@code pvc}, the node that has it; absent for any
     * @throws InvalidValue if it is none of these
     */
    static VolumeSource parse(String text, @Nullable String node) {
        if (text.startsWith("pvc:")) {
            String[] parts = text.substring("pvc:".length()).split("/", 2);
            return new Claim(parts[0], parts.length == 2 ? parts[1] : "", node);
        }
        if (text.startsWith("nfs:")) {
            if (node != null) {
                throw new InvalidValue("node", "is given for an NFS export, which no node has alone", "leave it out");
            }
            String rest = text.substring("nfs:".length());
            // The path begins at the first ':/', so that an IPv6 address in brackets keeps its colons.
            int colon = rest.indexOf(":/");
            if (colon < 0) {
                throw new InvalidValue("source", "has no NFS path", "write nfs:<server>:<path>");
            }
            return new Nfs(rest.substring(0, colon), rest.substring(colon + 1));
        }
        if (text.equals("hostPath")) {
            return new HostPath(node);
        }
        throw new InvalidValue(
                "source", "is no volume source", "write pvc:<claim>[/<subPath>], nfs:<server>:<path> or hostPath");
    }
}
