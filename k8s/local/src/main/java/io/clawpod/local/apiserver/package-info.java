/**
 * The API server of the embedded cluster: fabric8's CRUD store behind a front of our own. Decides what a client of the
 * Kubernetes API is answered; it runs no pod and knows nothing of processes.
 */
@NullMarked
package io.clawpod.local.apiserver;

import org.jspecify.annotations.NullMarked;
