/**
 * What is remembered of a call: one log line and the meters. Never sees a header, a query, a body or a credential's value.
 */
@NullMarked
package io.clawpod.proxy.audit;

import org.jspecify.annotations.NullMarked;
