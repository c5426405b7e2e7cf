/**
 * The Docker Engine API on top of sessions: what the docker command line and Docker's client libraries ask for, as far as
 * pods can do it; the rest is refused in Docker's words. Knows sessions and HTTP, and may not touch Kubernetes.
 */
@NullMarked
package io.clawpod.spawner.docker.engine;

import org.jspecify.annotations.NullMarked;
