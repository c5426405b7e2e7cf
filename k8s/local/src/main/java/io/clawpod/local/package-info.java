/**
 * An embedded Kubernetes cluster for one machine, without Docker: an API server and a node whose pods are local processes.
 * It is for trying and for tests; it isolates nothing and lets everybody in.
 */
@NullMarked
package io.clawpod.local;

import org.jspecify.annotations.NullMarked;
