import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SseParser, type ServerSentEvent } from '../src/sse.js';

interface Case {
  readonly name: string;
  readonly bytes: string;
  readonly events: readonly ServerSentEvent[];
  readonly id?: string;
}

const CASES: readonly Case[] = [
  {
    name: 'LF, an id and a space after the colon',
    bytes: 'event: session\nid: a-1\ndata: {"x":"ü€😀"}\n\n',
    events: [{ type: 'session', data: '{"x":"ü€😀"}' }],
    id: 'a-1',
  },
  { name: 'CR LF', bytes: 'event:a\r\ndata:1\r\n\r\ndata:2\r\n\r\n', events: [{ type: 'a', data: '1' }, { type: 'message', data: '2' }] },
  { name: 'CR alone', bytes: 'data:1\r\rdata:2\r\r', events: [{ type: 'message', data: '1' }, { type: 'message', data: '2' }] },
  { name: 'several lines of data', bytes: 'data: a\ndata:\ndata: b\n\n', events: [{ type: 'message', data: 'a\n\nb' }] },
  { name: 'comments and unknown fields', bytes: ':keep-alive\n\n: x\nretry: 5\nfoo: 1\ndata: 1\n\n', events: [{ type: 'message', data: '1' }] },
  { name: 'no data is no event, and its type is forgotten', bytes: 'event: a\nid: 7\n\ndata: 1\n\n', events: [{ type: 'message', data: '1' }], id: '7' },
  { name: 'an event that is cut off', bytes: 'id: 1\ndata: 1\n\nid: 2\ndata: 2\n', events: [{ type: 'message', data: '1' }], id: '1' },
  { name: 'an id with NUL is none', bytes: 'id: 1\ndata: 1\n\nid: 2\0\ndata: 2\n\n', events: [{ type: 'message', data: '1' }, { type: 'message', data: '2' }], id: '1' },
  { name: 'a byte order mark', bytes: '\ufeffdata: 1\n\n', events: [{ type: 'message', data: '1' }] },
];

for (const { name, bytes, events, id } of CASES) {
  test(`wherever the chunks end: ${name}`, () => {
    const all = Buffer.from(bytes);
    for (let size = 1; size <= all.length; size++) {
      const parser = new SseParser();
      const found: ServerSentEvent[] = [];
      for (let at = 0; at < all.length; at += size) {
        found.push(...parser.push(all.subarray(at, at + size)));
      }
      assert.deepEqual(found, events, `chunks of ${size}`);
      assert.equal(parser.lastEventId, id, `chunks of ${size}`);
    }
  });
}

test('an event without an end is refused', () => {
  const parser = new SseParser();
  const chunk = Buffer.from(`data: ${'x'.repeat(1024 * 1024)}\n`);
  assert.throws(() => {
    for (let i = 0; i < 8; i++) {
      assert.deepEqual([...parser.push(chunk)], []);
    }
  }, /an event of more than/);
});
