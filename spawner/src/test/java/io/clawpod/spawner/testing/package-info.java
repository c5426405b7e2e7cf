/** What tests of more than one package need: case files, settings and sessions made of a few words. */
@NullMarked
package io.clawpod.spawner.testing;

import org.jspecify.annotations.NullMarked;
