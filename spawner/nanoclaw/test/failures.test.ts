import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Problem, Unreachable, type SessionView } from '../src/api.js';
import { asFailureError, FAILURE_BY_CODE, FAILURE_BY_REASON, failureError, isOver, statusOf } from '../src/failures.js';
import type { SessionStatus } from '../src/session-driver.js';

const ROOT = new URL('../../../../', import.meta.url);

/** The constants of a Java enum, as callers read them. */
function constants(file: string): string[] {
  const text = readFileSync(new URL(file, ROOT), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  const body = /enum \w+ \{([\s\S]*?);/.exec(text)?.[1] ?? '';
  return [...body.matchAll(/\b[A-Z][A-Z_]+\b(?=\s*[,(]|\s*$)/g)].map(([name]) => name.toLowerCase().replaceAll('_', '-')).sort();
}

test('every code of the spawner has a kind, and no other', () => {
  const codes = constants('common/src/main/java/io/clawpod/common/ErrorCode.java');
  assert.ok(codes.includes('upstream-timeout') && codes.includes('malformed-request'), codes.join());
  assert.deepEqual(Object.keys(FAILURE_BY_CODE).sort(), codes);
});

test('every reason of a session has a meaning, and no other', () => {
  const reasons = constants('spawner/src/main/java/io/clawpod/spawner/session/Reason.java');
  assert.ok(reasons.includes('unscheduled') && reasons.includes('lost'), reasons.join());
  assert.deepEqual(Object.keys(FAILURE_BY_REASON).sort(), reasons);
});

const BASE: SessionView = {
  install: 'i',
  key: 's1',
  group: 'g',
  role: 'agent',
  state: 'running',
  pod: { namespace: 'ns', name: 'p', uid: 'u' },
};

const failed = (failure: Extract<SessionStatus, { phase: 'failed' }>['failure']): SessionStatus => ({ phase: 'failed', failure });
const lost = failed({ kind: 'unknown', retryable: false, opaqueRef: 'pod ns/p is gone; how its agent ended is not known' });

const STATUSES: readonly [Partial<SessionView>, boolean, SessionStatus][] = [
  [{ state: 'pending', reason: 'unscheduled' }, false, { phase: 'preparing' }],
  [{ state: 'pending', reason: 'pulling' }, false, { phase: 'preparing' }],
  [{ state: 'pending', reason: 'config-error' }, false, { phase: 'preparing' }],
  [{ state: 'pending', reason: 'image-unavailable' }, false, failed({ kind: 'image-unavailable', retryable: true })],
  [{ state: 'pending', reason: 'image-not-found' }, false, failed({ kind: 'image-unavailable', retryable: true })],
  [{ state: 'pending', reason: 'image-invalid', message: 'no name' }, false, failed({ kind: 'spec-invalid', retryable: false, detail: 'no name' })],
  [{ state: 'pending', reason: 'registry-unavailable' }, false, failed({ kind: 'image-unavailable', retryable: true })],
  [{ state: 'ended', reason: 'schedule-timeout' }, false, failed({ kind: 'resources-exhausted', retryable: true })],
  [{ state: 'ended', reason: 'pull-timeout' }, false, failed({ kind: 'image-unavailable', retryable: true })],
  [{ state: 'ended', reason: 'init-failed', exitCode: 3 }, false, failed({ kind: 'started-then-died', retryable: false, exitCode: 3 })],
  [{ state: 'ended', reason: 'drained', exitCode: 143 }, false, failed({ kind: 'runtime-unavailable', retryable: true })],
  [{ state: 'running' }, false, { phase: 'running' }],
  [{ state: 'running', reason: 'restarting' }, false, { phase: 'running' }],
  [{ state: 'unhealthy', reason: 'lost' }, false, { phase: 'running' }],
  [{ state: 'unhealthy', reason: 'heartbeat-stale' }, false, { phase: 'running' }],
  [{ state: 'stopping', reason: 'heartbeat-stale' }, true, failed({ kind: 'started-then-died', retryable: false })],
  [{ state: 'ended', reason: 'heartbeat-stale', exitCode: 143 }, false, failed({ kind: 'started-then-died', retryable: false, exitCode: 143 })],
  [{ state: 'ended', reason: 'idle', exitCode: 143 }, false, { phase: 'stopped' }],
  [{ state: 'stopping', reason: 'stopped' }, false, { phase: 'running' }],
  [{ state: 'stopping', reason: 'stopped' }, true, { phase: 'stopped' }],
  [{ state: 'ended', reason: 'completed', exitCode: 0 }, false, { phase: 'stopped' }],
  [{ state: 'ended', reason: 'stopped', exitCode: 143 }, true, { phase: 'stopped' }],
  [{ state: 'ended', reason: 'error', exitCode: 3 }, true, failed({ kind: 'started-then-died', retryable: false, exitCode: 3 })],
  [{ state: 'ended', reason: 'oom-killed', exitCode: 137 }, false, failed({ kind: 'started-then-died', retryable: false, exitCode: 137 })],
  [{ state: 'ended', reason: 'deadline' }, false, failed({ kind: 'started-then-died', retryable: false })],
  [{ state: 'ended', reason: 'evicted' }, false, failed({ kind: 'resources-exhausted', retryable: true })],
  [{ state: 'ended', reason: 'unschedulable' }, false, failed({ kind: 'resources-exhausted', retryable: true })],
  [{ state: 'ended', reason: 'lost' }, false, failed({ kind: 'runtime-unavailable', retryable: true })],
  [{ state: 'ended', reason: 'of a later spawner', exitCode: 0 }, false, { phase: 'stopped' }],
  [{ state: 'ended', reason: 'of a later spawner', exitCode: 1 }, false, failed({ kind: 'started-then-died', retryable: false, exitCode: 1 })],
  [{ state: 'running' }, true, lost],
  [{ state: 'pending', reason: 'starting' }, true, lost],
];

for (const [change, gone, status] of STATUSES) {
  const { state, reason } = change;
  test(`${state} ${reason ?? ''}${gone ? ', gone' : ''} is ${JSON.stringify(status)}`, () => {
    const view = { ...BASE, ...change };
    assert.deepEqual(statusOf({ view, gone }), status);
    const end = status.phase === 'stopped' || status.phase === 'failed';
    assert.equal(gone || isOver(view), end);
  });
}

const ERRORS: readonly [unknown, object][] = [
  [new Problem(422, 'invalid-spec', 'image is wrong', 'write another'), { kind: 'spec-invalid', retryable: false, detail: 'invalid-spec: image is wrong; write another' }],
  [new Problem(429, 'quota-exceeded', 'pods'), { kind: 'resources-exhausted', retryable: true }],
  [new Problem(500, 'internal', 'it failed', undefined, 'abc'), { kind: 'unknown', retryable: false, opaqueRef: 'internal: it failed (id abc)' }],
  [new Problem(418, 'of-a-later-spawner', 'x'), { kind: 'unknown', retryable: false, opaqueRef: 'of-a-later-spawner: x' }],
  [new Unreachable('cannot reach the spawner'), { kind: 'runtime-unavailable', retryable: true }],
  [new Error('anything'), { kind: 'runtime-unavailable', retryable: true }],
];

for (const [error, expected] of ERRORS) {
  test(`${String(error)} is ${JSON.stringify(expected)}`, () => {
    const made = asFailureError(error);
    assert.deepEqual({ ...made }, expected);
    assert.match(made.message, /^session realization failed: /);
  });
}

test('a failure of the driver itself stays what it is', () => {
  const error = failureError('denied-by-policy', 'no');
  assert.equal(asFailureError(error), error);
});
