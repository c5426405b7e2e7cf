/**
 * What is kept of sessions beyond their pods: logs and the last word on each, written by one leader and served by all. Knows
 * the cluster only through the session's interfaces, and storage only through its own.
 */
@NullMarked
package io.clawpod.spawner.archive;

import org.jspecify.annotations.NullMarked;
