/** What every HTTP face of the spawner reads in the same way. Knows no sessions. */
@NullMarked
package io.clawpod.spawner.web;

import org.jspecify.annotations.NullMarked;
