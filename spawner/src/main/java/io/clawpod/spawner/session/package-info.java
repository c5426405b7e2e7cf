/**
 * The domain: what a session shall be (SessionSpec), what it is (Session), and the one way to ask for either (Sessions).
 * Plain values that check themselves; knows neither HTTP nor Kubernetes.
 */
@NullMarked
package io.clawpod.spawner.session;

import org.jspecify.annotations.NullMarked;
