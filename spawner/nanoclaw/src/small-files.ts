/** Small files that a host mounts from its temporary folder, which no volume of the cluster holds: their content goes along. */
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { sep } from 'node:path';
import type { SpawnerSpec } from './spec.js';

/** What the spawner takes of one file (its FileContent.MAX_BYTES). */
const MAX_BYTES = 256 * 1024;
/** What a request takes of all, since base64 makes four bytes of three and a request is at most 1 MiB. */
const MAX_TOTAL_BYTES = 600 * 1024;

/**
 * The same session, with the content of each read-only mount of a small file below `folder`. What is no such file stays as it
 * is, and the spawner's volume rules decide on it.
 */
export function withSmallFiles(spec: SpawnerSpec, folder: string = tmpdir()): SpawnerSpec {
  let left = MAX_TOTAL_BYTES;
  const mounts = spec.mounts.map((mount) => {
    const content = mount.readOnly ? read(mount.hostPath, folder, Math.min(left, MAX_BYTES)) : undefined;
    if (content === undefined) {
      return mount;
    }
    left -= content.length;
    return { ...mount, content: content.toString('base64') };
  });
  return { ...spec, mounts };
}

function read(path: string, folder: string, most: number): Buffer | undefined {
  let file: number | undefined;
  try {
    // Resolved, so that no link in the folder leads to another of the host's files.
    const real = realpathSync(path);
    if (!real.startsWith(realpathSync(folder) + sep)) {
      return undefined;
    }
    // Not waiting for a writer, should it be a pipe.
    file = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const { size } = fstatSync(file);
    if (!fstatSync(file).isFile() || size > most) {
      return undefined;
    }
    const content = Buffer.alloc(size);
    return content.subarray(0, readSync(file, content, 0, size, 0));
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) {
      closeSync(file);
    }
  }
}
