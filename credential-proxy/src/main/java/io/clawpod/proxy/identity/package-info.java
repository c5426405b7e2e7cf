/**
 * Decides who calls: a session token signed by the spawner, or a ServiceAccount token that the API server knows, whose pod
 * lives in our own watch and has the connection's address. Fails closed without keys or a fresh watch. May not look at anything of the call but its token and peer.
 */
@NullMarked
package io.clawpod.proxy.identity;

import org.jspecify.annotations.NullMarked;
