/**
 * What the spawner sees of the host: follows links of its folders, reads small files of it and the files that say where folders
 * lie, and decides with them what becomes of a session's mounts. Reads the file system, and knows no cluster.
 */
@NullMarked
package io.clawpod.spawner.host;

import org.jspecify.annotations.NullMarked;
