/**
 * Holds the real credential, read from a mounted folder, and is the only package that reveals it: into the headers of a
 * request on its way out. Also knows every header by which a client may send a credential of its own.
 */
@NullMarked
package io.clawpod.proxy.credential;

import org.jspecify.annotations.NullMarked;
