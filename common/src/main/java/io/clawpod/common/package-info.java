/**
 * What both services speak: who a session is, how its token reads, how an error looks, what a secret may show.
 * Plain Java values that check themselves; no framework, no clock of its own, no I/O.
 */
@NullMarked
package io.clawpod.common;

import org.jspecify.annotations.NullMarked;
