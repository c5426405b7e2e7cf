/**
 * Decides what an identified caller may reach and how often, and which addresses an upstream may have. Values in, a decision
 * out; the counts of each session's calls are its only state.
 */
@NullMarked
package io.clawpod.proxy.policy;

import org.jspecify.annotations.NullMarked;
