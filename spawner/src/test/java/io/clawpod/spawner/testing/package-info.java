/** What the spawner's tests share: an API server in memory, a real namespace, a spawner in a process of its own. */
@NullMarked
package io.clawpod.spawner.testing;

import org.jspecify.annotations.NullMarked;
