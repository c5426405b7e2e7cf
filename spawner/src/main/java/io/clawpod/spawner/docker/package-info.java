/**
 * What Docker's callers say, put into the domain's words: the argv of {@code docker run} becomes a SessionSpec and a report
 * of what was mapped, changed and refused. Decides nothing about pods and may not touch Kubernetes.
 */
@NullMarked
package io.clawpod.spawner.docker;

import org.jspecify.annotations.NullMarked;
