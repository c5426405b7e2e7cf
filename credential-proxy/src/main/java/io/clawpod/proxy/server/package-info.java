/**
 * The agents' port: reads requests strictly, takes each call through identity, route, policy and credential, and hands it
 * to the exchange. Holds the order of the steps and nothing of what they decide; also says in health what is missing.
 */
@NullMarked
package io.clawpod.proxy.server;

import org.jspecify.annotations.NullMarked;
