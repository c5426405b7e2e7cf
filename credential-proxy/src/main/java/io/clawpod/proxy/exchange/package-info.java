/**
 * Carries one call: both bodies streamed with back-pressure, each end reached exactly once, a broken stream never ended
 * cleanly. Decides nothing about who may call; is told what to send and where.
 */
@NullMarked
package io.clawpod.proxy.exchange;

import org.jspecify.annotations.NullMarked;
