/**
 * The spans of calls, for an OpenTelemetry collector. Told of a call what its audit line has, and nothing else; off unless
 * configured.
 */
@NullMarked
package io.clawpod.proxy.tracing;

import org.jspecify.annotations.NullMarked;
