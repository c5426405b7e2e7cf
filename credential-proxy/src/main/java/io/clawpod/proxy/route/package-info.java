/**
 * Decides which upstream a call goes to. Reads configuration only; opens no connection and knows no credential.
 */
@NullMarked
package io.clawpod.proxy.route;

import org.jspecify.annotations.NullMarked;
