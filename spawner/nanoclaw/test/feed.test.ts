import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test, type TestContext } from 'node:test';
import { SpawnerApi } from '../src/api.js';
import { Feed } from '../src/feed.js';
import type { WatchTiming } from '../src/watch.js';
import { event, fakeSpawner, json, notFound, problem, QUICK, resync, session, stream, type Answer, type FakeSpawner } from './fake-spawner.js';

interface Followed {
  readonly spawner: FakeSpawner;
  readonly feed: Feed;
  readonly news: string[];
  readonly log: string[];
  /** Resolves when the news has come. */
  until(news: string): Promise<void>;
}

async function followed(t: TestContext, watches: Answer[], other?: Answer, timing: WatchTiming = QUICK): Promise<Followed> {
  const spawner = await fakeSpawner(t, watches, other);
  const api = new SpawnerApi(spawner.settings);
  const log: string[] = [];
  const news: string[] = [];
  const waiting: { news: string; come: () => void }[] = [];
  const feed = new Feed({
    open: (id, signal) => api.watch(id, signal),
    lookup: (install, key) => api.get(install, key),
    log: (line) => log.push(line),
    timing,
  });
  feed.subscribe(({ view, gone }) => {
    const item = `${view.key} ${gone ? 'gone' : view.state}`;
    news.push(item);
    waiting.filter((each) => each.news === item).forEach((each) => each.come());
  });
  t.after(feed.hold());
  const until = (item: string): Promise<void> =>
    news.includes(item) ? Promise.resolve() : new Promise((come) => waiting.push({ news: item, come }));
  return { spawner, feed, news, log, until };
}

test('a watch that breaks off goes on after the last event it had whole', async (t) => {
  const cut = event('session', session('b', { state: 'ended' }), '3').slice(0, -1);
  const f = await followed(t, [
    stream(resync('1', session('a')) + event('session', session('b'), '2') + cut, { then: 'break' }),
    stream(event('session', session('b', { state: 'ended', exitCode: 0 }), '3'), { then: 'end' }),
    stream(event('removed', session('a'), '4'), { then: 'open' }),
  ]);
  await f.until('a gone');
  assert.deepEqual(f.news, ['a running', 'b running', 'b ended', 'a gone']);
  assert.deepEqual(f.spawner.watches, [undefined, '2', '3']);
  assert.equal(f.feed.seen('i', 'b')?.view.exitCode, 0);
});

test('what has vanished while nobody watched is told as gone', async (t) => {
  const f = await followed(t, [
    stream(resync('1', session('a'), session('b'), session('c')), { then: 'break' }),
    stream(resync('9', session('b', { state: 'ended' }), session('d')), { then: 'open' }),
  ]);
  await f.until('d running');
  assert.deepEqual(f.news.slice(3).sort(), ['a gone', 'b ended', 'c gone', 'd running']);
});

test('a list that is cut off takes nothing away, and begins anew', async (t) => {
  const half = event('resync', { count: 2 }) + event('session', session('b'));
  const f = await followed(t, [
    stream(resync('1', session('a'), session('b')), { then: 'break' }),
    stream(half, { then: 'break' }),
    stream(half, { then: 'end' }),
    stream(resync('7', session('a'), session('b'), session('c')), { then: 'open' }),
  ]);
  await f.until('c running');
  assert.ok(!f.news.includes('a gone'), f.news.join());
  assert.deepEqual(f.spawner.watches, [undefined, '1', '1', '1']);
});

const MISBEHAVIOURS: readonly [string, Answer, RegExp, string | undefined][] = [
  ['answers 503', problem(503, 'not-ready', 'the watch is stale'), /not-ready: the watch is stale/, '1'],
  ['answers 401', problem(401, 'unauthenticated'), /unauthenticated/, '1'],
  ['answers something else', json({}), /is no spawner/, '1'],
  ['hangs up', (request) => request.socket.destroy(), /cannot reach the spawner/, '1'],
  ['sends what is no session', stream(event('session', { x: 1 }, '2'), { then: 'open' }), /an event that is no session/, undefined],
  ['sends what is no JSON', stream('event: session\nid: 2\ndata: {\n\n', { then: 'open' }), /an event that is no JSON/, undefined],
];

for (const [name, answer, complaint, lastEventId] of MISBEHAVIOURS) {
  test(`the watch outlives a spawner that ${name}, and says so once`, async (t) => {
    const f = await followed(t, [
      stream(resync('1', session('a')), { then: 'end' }),
      answer,
      answer,
      stream(resync('5', session('b')), { then: 'open' }),
    ]);
    await f.until('b running');
    assert.equal(f.spawner.watches[2], lastEventId);
    assert.deepEqual(f.news, ['a running', 'a gone', 'b running']);
    // Each loss of a watch that stood is one line, whatever the attempts in between fail with.
    assert.equal(f.log.filter((line) => line.includes('is lost')).length, 1, f.log.join('\n'));
    assert.equal(f.log.filter((line) => line.includes('stands again')).length, 1, f.log.join('\n'));
    assert.match(f.log[0] ?? '', /the spawner ended the watch/);
    const alone = await followed(t, [answer, answer, stream(resync('5', session('b')), { then: 'open' })]);
    await alone.until('b running');
    assert.match(alone.log[0] ?? '', complaint);
  });
}

test('a watch that falls silent is opened again', async (t) => {
  const f = await followed(
    t,
    [stream(resync('1', session('a')), { then: 'open' }), stream(event('removed', session('a'), '2'), { then: 'open' })],
    notFound,
    { ...QUICK, silenceMs: 1000 },
  );
  await f.until('a gone');
  assert.equal(f.spawner.watches[1], '1');
  assert.match(f.log.join(), /silent for 1000 ms/);
});

test('a session that was just made is not gone because a list does not have it yet', async (t) => {
  const made = session('new', { state: 'pending' });
  let release: (() => void) | undefined;
  const f = await followed(
    t,
    [
      (request, response) => {
        release = () => stream(resync('1', session('a')), { then: 'open' })(request, response);
      },
    ],
    json(made),
  );
  f.feed.written(made);
  await waitFor(() => release !== undefined);
  release?.();
  await f.until('a running');
  await waitFor(() => f.spawner.calls.length > 0);
  assert.deepEqual(f.spawner.calls, ['GET /v1/sessions/i/new']);
  assert.equal(f.feed.seen('i', 'new')?.gone, false);
});

test('a session that was just made and has vanished before the watch told of it is gone', async (t) => {
  const f = await followed(t, [problem(503, 'not-ready'), stream(resync('1', session('a')), { then: 'open' })]);
  f.feed.written(session('new', { state: 'pending' }));
  await f.until('new gone');
});

test('and is asked for until there is an answer', async (t) => {
  const answers = [problem(503, 'not-ready'), (request: IncomingMessage) => request.socket.destroy(), notFound];
  const f = await followed(
    t,
    [problem(503, 'not-ready'), stream(resync('1', session('a')), { then: 'open' })],
    (request, response) => answers.shift()?.(request, response),
  );
  f.feed.written(session('new', { state: 'pending' }));
  await f.until('new gone');
  assert.equal(answers.length, 0);
});

test('nobody is told of a session that has the same key before it has one', async (t) => {
  const other = session('a', { pod: { namespace: 'ns', name: 'a', uid: 'other' } });
  const f = await followed(t, [stream(resync('1', other), { then: 'open' })]);
  const seen = await f.feed.when('i', 'a', ({ view }) => view.pod.uid === 'other');
  assert.equal(seen?.view.pod.uid, 'other');
  assert.equal(await f.feed.when('i', 'a', ({ gone }) => gone, 1), undefined);
});

test('the last who lets go closes the watch', async (t) => {
  let closed = false;
  const spawner = await fakeSpawner(t, [
    (request, response) => {
      response.on('close', () => (closed = true));
      stream(resync('1', session('a')), { then: 'open' })(request, response);
    },
  ]);
  const api = new SpawnerApi(spawner.settings);
  const feed = new Feed({ open: (id, signal) => api.watch(id, signal), lookup: () => Promise.resolve(undefined), timing: QUICK });
  const first = feed.hold();
  const second = feed.hold();
  assert.ok(await feed.when('i', 'a', () => true));
  first();
  first();
  assert.equal(feed.stands, true);
  second();
  assert.equal(feed.stands, false);
  await waitFor(() => closed);
  assert.equal(feed.seen('i', 'a'), undefined);
  assert.equal(spawner.watches.length, 1);
});

/** For what a server does, which no promise of ours tells. */
async function waitFor(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
