/**
 * What the spawner does from a shell, without being started: the pod that a {@code docker run} would become. Connects to
 * nothing and starts nothing.
 */
@NullMarked
package io.clawpod.spawner.cli;

import org.jspecify.annotations.NullMarked;
