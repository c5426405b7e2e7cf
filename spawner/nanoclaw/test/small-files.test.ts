import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { withSmallFiles } from '../src/small-files.js';
import { toSpawnerSpec } from '../src/spec.js';
import { hostSpec } from './host-spec.js';

const root = mkdtempSync(join(tmpdir(), 'small-files-'));
after(() => rmSync(root, { recursive: true }));
const folder = join(root, 'tmp');
mkdirSync(join(folder, 'below'), { recursive: true });
writeFileSync(join(folder, 'ca.pem'), 'PEM');
writeFileSync(join(folder, 'empty'), '');
writeFileSync(join(folder, 'fits'), Buffer.alloc(256 * 1024));
writeFileSync(join(folder, 'large'), Buffer.alloc(256 * 1024 + 1));
writeFileSync(join(root, 'secret'), 'secret');
writeFileSync(join(root, 'tmp-2'), 'beside');
symlinkSync(join(root, 'secret'), join(folder, 'link'));
symlinkSync('ca.pem', join(folder, 'latest.pem'));

function contents(...mounts: [path: string, readOnly: boolean][]): (string | undefined)[] {
  const spec = toSpawnerSpec(hostSpec());
  spec.mounts = mounts.map(([hostPath, readOnly], i) => ({ hostPath, containerPath: `/m/${i}`, readOnly }));
  return withSmallFiles(spec, folder).mounts.map((mount) => mount.content);
}

const CASES: readonly [name: string, path: string, readOnly: boolean, content: string | undefined][] = [
  ['a file of the folder', join(folder, 'ca.pem'), true, 'UEVN'],
  ['an empty file', join(folder, 'empty'), true, ''],
  ['a link within the folder', join(folder, 'latest.pem'), true, 'UEVN'],
  ['a file that may be written', join(folder, 'ca.pem'), false, undefined],
  ['a folder', join(folder, 'below'), true, undefined],
  ['the folder itself', folder, true, undefined],
  ['a file that is too large', join(folder, 'large'), true, undefined],
  ['a file that is not there', join(folder, 'none'), true, undefined],
  ['a link out of the folder', join(folder, 'link'), true, undefined],
  ['a way out of the folder', join(folder, '..', 'secret'), true, undefined],
  ['a file beside the folder whose name begins alike', join(root, 'tmp-2'), true, undefined],
];

for (const [name, path, readOnly, content] of CASES) {
  test(`${name} goes along${content === undefined ? ' by its path alone' : ''}`, () => {
    assert.deepEqual(contents([path, readOnly]), [content]);
  });
}

test('files go along until a request is full', () => {
  const file: [string, boolean] = [join(folder, 'fits'), true];
  const sent = contents(file, file, file, [join(folder, 'ca.pem'), true]);
  assert.deepEqual(
    sent.map((content) => content !== undefined),
    [true, true, false, true],
  );
});

test('a session without such files is as it was', () => {
  const spec = toSpawnerSpec(hostSpec());
  assert.deepEqual(withSmallFiles(spec), spec);
});
