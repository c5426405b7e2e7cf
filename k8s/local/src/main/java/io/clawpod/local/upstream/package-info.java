/**
 * A stand-in for the Anthropic API. Decides only whether a key is the right one, and answers with what it was asked; it
 * knows nothing of the cluster.
 */
@NullMarked
package io.clawpod.local.upstream;

import org.jspecify.annotations.NullMarked;
