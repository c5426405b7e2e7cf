/**
 * The only package that talks to Kubernetes: makes, adopts and ends pods, follows them by one shared watch, reads their
 * logs. What a pod means is decided by the Classifier, which is pure.
 */
@NullMarked
package io.clawpod.spawner.cluster;

import org.jspecify.annotations.NullMarked;
