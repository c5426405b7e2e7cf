/**
 * What the spawner does from a shell, without being started: the pod that a {@code docker run} would become, and where mounts
 * would go. Starts and makes nothing, and asks the cluster only through what it is given.
 */
@NullMarked
package io.clawpod.spawner.cli;

import org.jspecify.annotations.NullMarked;
