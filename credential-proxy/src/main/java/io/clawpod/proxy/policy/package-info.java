/**
 * Decides what an identified caller may reach. Pure: values in, an objection or none out.
 */
@NullMarked
package io.clawpod.proxy.policy;

import org.jspecify.annotations.NullMarked;
