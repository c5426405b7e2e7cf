import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogLines } from '../src/log-lines.js';

const T = (second: number, fraction = ''): string => `2026-01-01T00:00:0${second}${fraction}Z`;

function read(lines: LogLines, log: string, size?: number): string {
  return bytes(lines, log, size).toString();
}

function bytes(lines: LogLines, log: string, size = 1000): Buffer {
  lines.restart();
  const all = Buffer.from(log);
  const out: Buffer[] = [];
  for (let at = 0; at < all.length; at += size) {
    out.push(...lines.take(all.subarray(at, at + size)));
  }
  return Buffer.concat(out);
}

const LOG = `${T(1, '.5')} eins ü\n${T(1, '.500000001')} \n${T(2)} two words\n${T(2)} same time\n${T(3, '.25')} no end`;
const TEXT = 'eins ü\n\ntwo words\nsame time\nno end';

test('the times are taken off, wherever the chunks end', () => {
  for (let size = 1; size <= LOG.length; size++) {
    assert.equal(read(new LogLines(), LOG, size), TEXT, `chunks of ${size}`);
  }
});

test('wherever the first read breaks off, the second gives exactly the rest', () => {
  const all = Buffer.from(LOG);
  for (let cut = 0; cut <= all.length; cut++) {
    const lines = new LogLines();
    lines.restart();
    const first = lines.take(all.subarray(0, cut));
    // The API server begins with the whole second in which the last line was written.
    const since = lines.since?.slice(0, 19) ?? '';
    const from = since === '' ? 0 : LOG.indexOf(since);
    const second = bytes(lines, LOG.slice(from), 7);
    assert.equal(Buffer.concat([...first, second]).toString(), TEXT, `cut at ${cut}`);
  }
});

test('a third read goes on where the second broke off', () => {
  const lines = new LogLines();
  const parts = [
    read(lines, `${T(1)} one\n${T(1)} tw`),
    read(lines, `${T(1)} one\n${T(1)} two\n${T(1)} th`),
    read(lines, `${T(1)} one\n${T(1)} two\n${T(1)} three\n${T(2)} four\n`),
    read(lines, `${T(2)} four\n`),
  ];
  assert.deepEqual(parts, ['one\ntw', 'o\nth', 'ree\nfour\n', '']);
});

test('lines without a time are given out whole', () => {
  assert.equal(read(new LogLines(), 'unable to retrieve container logs\nx\n'), 'unable to retrieve container logs\nx\n');
});
