import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { readSettings, SettingsError } from '../src/settings.js';

const SECRET = 'very-secret-token';
const folder = mkdtempSync(path.join(os.tmpdir(), 'clawpod-settings-'));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const made = path.join(folder, name);
  writeFileSync(made, text);
  return made;
}

const token = file('token', `${SECRET}\n`);
const good = { CLAWPOD_URL: 'http://127.0.0.1:8080/', CLAWPOD_TOKEN_FILE: token };

const WRONG: readonly [string, NodeJS.ProcessEnv, RegExp][] = [
  ['nothing', {}, /^CLAWPOD_URL is missing: .*; CLAWPOD_TOKEN_FILE is missing: /],
  ['no url', { ...good, CLAWPOD_URL: 'spawner' }, /^CLAWPOD_URL is no URL: /],
  ['another scheme', { ...good, CLAWPOD_URL: 'ftp://spawner' }, /^CLAWPOD_URL is neither http nor https: /],
  ['a password in the url', { ...good, CLAWPOD_URL: `http://x:${SECRET}@spawner` }, /^CLAWPOD_URL has more than host, port and path: /],
  ['no such token file', { ...good, CLAWPOD_TOKEN_FILE: '/nowhere' }, /^CLAWPOD_TOKEN_FILE names \/nowhere, which cannot be read \(ENOENT\)$/],
  ['an empty token file', { ...good, CLAWPOD_TOKEN_FILE: file('empty', '\n') }, /CLAWPOD_TOKEN_FILE names, .*, is empty: /],
  ['the file of the callers', { ...good, CLAWPOD_TOKEN_FILE: file('callers', `me ${SECRET}`) }, /holds more than one word: /],
  ['two words', { CLAWPOD_URL: good.CLAWPOD_URL, CLAWPOD_TOKEN: `Bearer ${SECRET}` }, /^CLAWPOD_TOKEN holds more than one word: /],
  ['a CA for http', { ...good, CLAWPOD_CA_FILE: token }, /^CLAWPOD_CA_FILE has no effect: /],
  ['a CA that is none', { ...good, CLAWPOD_URL: 'https://spawner', CLAWPOD_CA_FILE: token }, /has no certificate: /],
];

for (const [name, env, message] of WRONG) {
  test(`told by name, and without the secret: ${name}`, () => {
    assert.throws(
      () => readSettings(env, folder),
      (error: unknown) => {
        assert.ok(error instanceof SettingsError);
        assert.match(error.message, message);
        assert.ok(!error.message.includes(SECRET));
        return true;
      },
    );
  });
}

test('the token file is read again for each call', () => {
  const rotated = file('rotated', 'first');
  const settings = readSettings({ ...good, CLAWPOD_TOKEN_FILE: rotated }, folder);
  assert.equal(settings.token(), 'first');
  writeFileSync(rotated, 'second');
  assert.equal(settings.token(), 'second');
});

test('the file wins over the variable, and the environment over .env', () => {
  const host = mkdtempSync(path.join(folder, 'host-'));
  writeFileSync(path.join(host, '.env'), `CLAWPOD_URL="http://from-file"\nOTHER=1\nCLAWPOD_TOKEN='${SECRET}'\n`);
  assert.equal(readSettings({}, host).url.href, 'http://from-file/');
  assert.equal(readSettings({}, host).token(), SECRET);
  assert.equal(readSettings({ ...good, CLAWPOD_TOKEN: 'other' }, host).token(), SECRET);
  assert.equal(readSettings(good, host).url.href, 'http://127.0.0.1:8080/');
});
