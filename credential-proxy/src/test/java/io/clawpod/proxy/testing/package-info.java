/** Stand-ins for what the proxy talks to: an upstream, the spawner's keys and its pods, and a client on a bare socket. */
@NullMarked
package io.clawpod.proxy.testing;

import org.jspecify.annotations.NullMarked;
