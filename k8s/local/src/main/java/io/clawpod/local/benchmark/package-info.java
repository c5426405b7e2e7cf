/**
 * Measures the services on the real cluster that KUBECONFIG names, beside {@code kubectl} in the same run: times shift from
 * machine to machine, so what counts is the ratio.
 */
@NullMarked
package io.clawpod.local.benchmark;

import org.jspecify.annotations.NullMarked;
