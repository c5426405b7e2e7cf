/**
 * Holds the manifests in {@code k8s/} to what they mean: rendered by kustomize, read as Kubernetes objects, and judged by
 * small evaluators of the rules that a cluster applies. It may look at nothing but the rendered objects.
 */
@NullMarked
package io.clawpod.manifests;

import org.jspecify.annotations.NullMarked;
