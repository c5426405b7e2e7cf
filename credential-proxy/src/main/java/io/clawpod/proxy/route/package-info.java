/**
 * Decides which upstream a call goes to, from one file that is valid as a whole or not used. Reads configuration only; opens
 * no connection, and of credentials knows the description but never a value.
 */
@NullMarked
package io.clawpod.proxy.route;

import org.jspecify.annotations.NullMarked;
