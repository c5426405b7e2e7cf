/**
 * The agent of the demo: what an agent's client does with the API and with its workspace, and no more. It is started as a
 * process of its own and so uses nothing but the JDK.
 */
@NullMarked
package io.clawpod.local.agent;

import org.jspecify.annotations.NullMarked;
