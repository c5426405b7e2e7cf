/**
 * What tests of more than one package need: case files, settings and sessions made of a few words; an API server in
 * memory, a real namespace, and a spawner in a process of its own.
 */
@NullMarked
package io.clawpod.spawner.testing;

import org.jspecify.annotations.NullMarked;
