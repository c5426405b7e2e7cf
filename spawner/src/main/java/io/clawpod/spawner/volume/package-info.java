/**
 * Decides where a host path lies in the cluster: a claim, an NFS export or the node's own disk, and whether the host's allowlist lets it be mounted. Pure; looks at no file
 * system and knows no pod.
 */
@NullMarked
package io.clawpod.spawner.volume;

import org.jspecify.annotations.NullMarked;
