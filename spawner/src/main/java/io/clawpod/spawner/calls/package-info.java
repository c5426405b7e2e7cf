/**
 * What sessions have called through the credential proxies, as these tell it. Asks every replica of the proxy and knows
 * nothing of Kubernetes.
 */
@NullMarked
package io.clawpod.spawner.calls;

import org.jspecify.annotations.NullMarked;
