/**
 * Turns a SessionSpec into the Pod that carries it, or says why not. A pure function of spec, cluster facts and settings:
 * no I/O, no clock, no Kubernetes client.
 */
@NullMarked
package io.clawpod.spawner.plan;

import org.jspecify.annotations.NullMarked;
