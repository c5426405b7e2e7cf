import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ClawpodDriver } from '../src/driver.js';
import { readSettings } from '../src/settings.js';
import { event, fakeSpawner, json, problem, QUICK, resync, session, stream, type Answer } from './fake-spawner.js';
import { hostSpec } from './host-spec.js';
import { deletePod, Events, HOST, podNames, scriptSpec, Signal, startSpawner, stopSpawner, testDriver, WITHOUT_SPAWNER } from './real-spawner.js';

// The bound of a describe is one for all its tests together.
const EACH = { timeout: 40_000 };

describe('the driver on the real spawner', { skip: WITHOUT_SPAWNER, timeout: 240_000 }, () => {
  const log: string[] = [];
  let driver: ClawpodDriver;
  let events: Events;
  before(() => {
    driver = testDriver(log);
    events = new Events(driver);
  });
  after(() => events.stop());

  test('it is ready, and a caller whom the spawner does not know is told so', EACH, async () => {
    await driver.ensureReady();
    const stranger = new ClawpodDriver({ settings: { ...readSettings(), token: () => 'wrong-token' } });
    await assert.rejects(stranger.ensureReady(), (error: Error & { kind?: string }) => {
      assert.equal(error.kind, 'denied-by-policy');
      assert.ok(!error.message.includes('wrong-token'));
      return true;
    });
  });

  test('a session is ready, runs, dies, is told with its exit code, and makes room for the next', EACH, async () => {
    const go = new Signal('life-go');
    const handle = await driver.prepare(scriptSpec('life', `${go.awaiting}; exit 3`));
    assert.deepEqual(await handle.status(), { phase: 'ready' });
    assert.ok(!(await podNames()).includes(handle.name));
    await handle.start();
    await handle.start();
    assert.ok((await podNames()).includes(handle.name));
    const same = await driver.prepare(scriptSpec('life', 'another script'));
    await same.start();
    assert.deepEqual(
      (await driver.listSessions('driver')).map((each) => [each.handle.key, each.handle.name]),
      [[handle.key, handle.name]],
    );
    go.give();
    await events.until('life terminal');
    const died = { phase: 'failed', failure: { kind: 'started-then-died', retryable: false, exitCode: 3 } };
    assert.deepEqual(await handle.status(), died);
    assert.deepEqual(await same.status(), died);
    const [snapshot] = await driver.listSessions('driver');
    assert.equal(snapshot?.phase, 'terminal');
    assert.deepEqual(snapshot?.failure, died.failure);

    const next = await driver.prepare(scriptSpec('life', 'sleep 60'));
    assert.deepEqual(await next.status(), { phase: 'ready' });
    await next.start();
    assert.notEqual((await next.status()).phase, 'failed');
    assert.deepEqual(await handle.status(), died);
    assert.deepEqual(next.execSpec(['bash']), {
      bin: 'kubectl',
      argsTty: ['exec', '-it', '-n', 'clawpod-agents', next.name, '-c', 'agent', '--', 'bash'],
      argsPlain: ['exec', '-i', '-n', 'clawpod-agents', next.name, '-c', 'agent', '--', 'bash'],
    });
    await Promise.all([next.stop('done'), next.stop('done')]);
    assert.deepEqual(await driver.listSessions('driver'), []);
    assert.deepEqual(await next.status(), { phase: 'stopped' });
  });

  test('a pod that somebody deletes is the end of its session', EACH, async () => {
    const handle = await driver.prepare(scriptSpec('deleted', 'sleep 60'));
    await handle.start();
    await deletePod(handle.name);
    await events.until('deleted terminal');
    assert.ok(['stopped', 'failed'].includes((await handle.status()).phase));
    await handle.stop('it is gone already');
  });

  test('what happens while the spawner is away is told when it is back', EACH, async () => {
    const go = new Signal('away-go');
    const dies = await driver.prepare(scriptSpec('away-dies', `${go.awaiting}; exit 9`));
    const vanishes = await driver.prepare(scriptSpec('away-vanishes', 'sleep 60'));
    const lives = await driver.prepare(scriptSpec('away-lives', 'sleep 60'));
    for (const handle of [dies, vanishes, lives]) {
      await handle.start();
    }
    const running = new Signal('away-running');
    const probe = await driver.prepare(scriptSpec('away-probe', `${running.giving}; exit 0`));
    await probe.start();
    await events.until('away-probe terminal');
    await stopSpawner();
    go.give();
    await deletePod(vanishes.name);
    await assert.rejects(lives.status(), { kind: 'runtime-unavailable', retryable: true });
    await assert.rejects(driver.prepare(scriptSpec('away-new', 'true')), { kind: 'runtime-unavailable' });
    await startSpawner();
    await events.until('away-dies terminal');
    await events.until('away-vanishes terminal');
    assert.deepEqual(await dies.status(), {
      phase: 'failed',
      failure: { kind: 'started-then-died', retryable: false, exitCode: 9 },
    });
    assert.equal((await vanishes.status()).phase, 'failed');
    assert.deepEqual(await lives.status(), { phase: 'running' });
    assert.ok(log.some((line) => line.includes('is lost')) && log.some((line) => line.includes('stands again')), log.join('\n'));
    for (const handle of [dies, vanishes, lives, probe]) {
      await handle.stop('done');
    }
    assert.deepEqual(await driver.listSessions('driver'), []);
  });

  test('what the spawner refuses has its kind and its field, and leaves nothing', EACH, async () => {
    const outside = scriptSpec('outside', 'true');
    outside.containers[0]?.mounts.push({ class: 'allowlisted-extra', hostPath: '/etc', containerPath: '/x', mode: 'ro', groupScope: 'g' });
    const secret = scriptSpec('secret', 'true');
    Object.assign(secret.containers[0]?.env ?? {}, { SERVICE_PASSWORD: 'hunter2' });
    for (const [spec, field] of [[outside, 'mounts[1]'], [secret, 'env.SERVICE_PASSWORD']] as const) {
      const handle = await driver.prepare(spec);
      await assert.rejects(handle.start(), (error: Error & { kind?: string }) => {
        assert.equal(error.kind, 'spec-invalid');
        assert.ok(error.message.includes(field) && !error.message.includes('hunter2'), error.message);
        return true;
      });
      assert.ok(!(await podNames()).includes(handle.name));
      await handle.stop('never made');
    }
  });

  test('an image that cannot be had ends the session', EACH, async () => {
    const spec = scriptSpec('no-image', 'true');
    Object.assign(spec.containers[0] ?? {}, { image: 'nowhere:1' });
    const handle = await driver.prepare(spec);
    await handle.start();
    await events.until('no-image terminal');
    assert.deepEqual(await handle.status(), { phase: 'failed', failure: { kind: 'image-unavailable', retryable: true } });
    await handle.stop('done');
  });

  test('another group is not given the session', EACH, async () => {
    const handle = await driver.prepare(scriptSpec('owned', 'sleep 60'));
    await handle.start();
    const other = scriptSpec('owned', 'sleep 60');
    other.key.agentGroupId = 'ag-2';
    await assert.rejects(driver.prepare(other), { kind: 'unknown' });
    await handle.stop('done');
  });

  test('what nobody can reach any more is cleared away, and what runs is not', EACH, async () => {
    const [lives, dead] = [await driver.prepare(scriptSpec('lives', 'sleep 60')), await driver.prepare(scriptSpec('dead', 'true'))];
    await lives.start();
    await dead.start();
    await events.until('dead terminal');
    await driver.reapResidue('driver');
    await events.until('dead terminal');
    const after = new Signal('reaped');
    const probe = await driver.prepare(scriptSpec('dead', after.giving));
    await probe.start();
    await after.come();
    assert.deepEqual((await lives.status()).phase, 'running');
    await lives.stop('done');
    await probe.stop('done');
    assert.deepEqual(await driver.listSessions('driver'), []);
  });

  test('the folders of the tests are those of the rules', EACH, () => {
    assert.notEqual(HOST, '');
  });
});

describe('the driver on a spawner that misbehaves', () => {
  const spec = hostSpec();
  const view = session('sess-1', { install: '3f2a9c1e', group: 'ag-1' });

  /** Answers by method, one after the other. */
  function script(answers: Record<string, Answer[]>): Answer {
    return (request, response) => {
      const next = answers[request.method ?? '']?.shift() ?? problem(500, 'internal', `no ${request.method} was expected`);
      next(request, response);
    };
  }

  const none = problem(404, 'session-not-found');

  test('all handles and subscribers share one watch, and nobody polls', async (t) => {
    const all = [1, 2, 3].map((n) => session(`s${n}`, { install: '3f2a9c1e', group: 'ag-1' }));
    const spawner = await fakeSpawner(
      t,
      [stream(resync('1', ...all) + event('session', { ...all[1], state: 'ended', exitCode: 4, reason: 'error' }, '2'), { then: 'open' })],
      json({ sessions: all }),
    );
    const driver = new ClawpodDriver({ settings: spawner.settings, timing: QUICK });
    const snapshots = await driver.listSessions('3f2a9c1e');
    const heard: string[] = [];
    const watches = await new Promise<{ stop(): void }[]>((resolve) => {
      const made = [
        driver.watchSessions('3f2a9c1e', ({ key, kind }) => {
          heard.push(`${key.sessionId} ${kind}`);
          if (kind === 'terminal') setImmediate(() => resolve(made));
        }),
        driver.watchSessions('other', () => heard.push('other')),
        driver.watchSessions('3f2a9c1e', () => {
          throw new Error('a reader that fails');
        }),
      ];
    });
    assert.deepEqual(heard, ['s1 phase', 's2 phase', 's3 phase', 's2 terminal']);
    const statuses = await Promise.all(snapshots.slice(1, 2).map(({ handle }) => handle.status()));
    assert.deepEqual(statuses, [{ phase: 'failed', failure: { kind: 'started-then-died', retryable: false, exitCode: 4 } }]);
    assert.deepEqual(spawner.calls, ['GET /v1/sessions?limit=1000&install=3f2a9c1e']);
    assert.equal(spawner.watches.length, 1);
    watches.forEach((each) => each.stop());
  });

  test('the other one of two starts for one key takes the session that is there', async (t) => {
    const spawner = await fakeSpawner(t, [], script({ GET: [none, json(view)], PUT: [problem(409, 'session-conflict')] }));
    const handle = await new ClawpodDriver({ settings: spawner.settings }).prepare(spec);
    await handle.start();
    assert.equal(handle.execSpec([]).argsPlain[4], 'sess-1');
  });

  test('a start that was not answered is tried again, and stopped although nobody knows whether it was made', async (t) => {
    const cut: Answer = (request) => request.socket.destroy();
    const spawner = await fakeSpawner(t, [], script({ GET: [none], PUT: [cut, cut, problem(503, 'not-ready')], DELETE: [json({}, 204)] }));
    const handle = await new ClawpodDriver({ settings: spawner.settings }).prepare(spec);
    await assert.rejects(handle.start(), { kind: 'runtime-unavailable' });
    await assert.rejects(handle.start(), { kind: 'runtime-unavailable' });
    await handle.stop('give up');
    assert.deepEqual(
      spawner.calls.map((call) => call.split(' ')[0]),
      // The first one was sent on a connection that was kept, so that it may not even have been read.
      ['GET', 'PUT', 'PUT', 'PUT', 'DELETE'],
    );
  });

  test('a stop that fails can be tried again', async (t) => {
    const spawner = await fakeSpawner(
      t,
      [stream(resync('1', view) + event('removed', view, '2'), { then: 'open' })],
      script({ GET: [json(view), json(view), json(view)], DELETE: [problem(503, 'cluster-unavailable'), json(view, 202)] }),
    );
    const handle = await new ClawpodDriver({ settings: spawner.settings, timing: QUICK }).prepare(spec);
    await assert.rejects(handle.stop('now'), { kind: 'runtime-unavailable' });
    await handle.stop('now');
  });

  test('a session that another pod carries now is left alone', async (t) => {
    const other = { ...view, pod: { ...view.pod, uid: 'other' } };
    const spawner = await fakeSpawner(t, [problem(503, 'not-ready')], script({ GET: [json(view), json(other)] }));
    const handle = await new ClawpodDriver({ settings: spawner.settings, timing: QUICK }).prepare(spec);
    await handle.stop('an old handle');
    assert.ok(!spawner.calls.some((call) => call.startsWith('DELETE')));
  });
});
