/**
 * The demo: both services on the embedded cluster, and one agent session from {@code docker run} to its exit code. Decides
 * what is shown and what must hold; it uses the services by their published interfaces alone.
 */
@NullMarked
package io.clawpod.local.demo;

import org.jspecify.annotations.NullMarked;
