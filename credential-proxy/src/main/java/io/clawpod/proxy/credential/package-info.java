/**
 * Holds the real credentials, read from mounted folders and refreshed where they run out, and is the only package that reveals
 * them: into the headers of a request on its way out, to their own token endpoint, and into their own Secret. Also knows every
 * header and offer by which a client may send a credential of its own.
 */
@NullMarked
package io.clawpod.proxy.credential;

import org.jspecify.annotations.NullMarked;
