/**
 * What may be ended or removed without a caller that stops it, and when, and the signs of life that this depends on; one
 * leader does it. Decides from values alone, and talks to the cluster only through the session's interfaces.
 */
@NullMarked
package io.clawpod.spawner.reap;

import org.jspecify.annotations.NullMarked;
