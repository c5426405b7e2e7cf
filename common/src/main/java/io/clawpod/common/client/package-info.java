/**
 * How both services reach the API server: fabric8's client with what it needs so that no change is lost. It knows no kind of
 * object and nothing of sessions.
 */
@NullMarked
package io.clawpod.common.client;

import org.jspecify.annotations.NullMarked;
