/**
 * What an unmodified NanoClaw host asks OneCLI for, answered with the credential proxy. An agent is a group: nothing is
 * stored here, and nothing secret is handed out. May not touch Kubernetes.
 */
@NullMarked
package io.clawpod.spawner.onecli;

import org.jspecify.annotations.NullMarked;
