/**
 * Takes secrets out of what goes back to an agent, in every form that they are likely to come back in, and takes compression
 * off so that they can be seen. Works on bytes as they stream by, in memory that does not grow; opens nothing, logs nothing.
 */
@NullMarked
package io.clawpod.proxy.scrub;

import org.jspecify.annotations.NullMarked;
