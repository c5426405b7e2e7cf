/** Puts the spawner together: reads the configuration, makes the parts, shows their health. Decides nothing else. */
@NullMarked
package io.clawpod.spawner;

import org.jspecify.annotations.NullMarked;
