/**
 * Images in their registries (OCI distribution specification 1.1): what a reference names, what is in it, and tags. Decides
 * what a registry's answer may be trusted for. Knows the session domain and HTTP, and may not touch Kubernetes.
 */
@NullMarked
package io.clawpod.spawner.image;

import org.jspecify.annotations.NullMarked;
