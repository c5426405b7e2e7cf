/**
 * The node of the embedded cluster: runs the containers of pods as processes of this machine, tells the API server how they
 * fare, and stands in for DNS and kube-proxy. It isolates nothing: there are no namespaces, no cgroups, no root file system
 * of a container's own, and a read-only mount can be written. It is for trying and for tests.
 */
@NullMarked
package io.clawpod.local.kubelet;

import org.jspecify.annotations.NullMarked;
