/**
 * What is remembered of a call: one line of JSON and the meters. Never sees a header but traceparent, a query, a body or a
 * credential's value.
 */
@NullMarked
package io.clawpod.proxy.audit;

import org.jspecify.annotations.NullMarked;
