/** What the spawner says, in the host's words. */
import { Problem, Unreachable, type SessionView } from './api.js';
import type { Seen } from './feed.js';
import type { SessionFailure, SessionStatus } from './session-driver.js';

export type FailureKind = SessionFailure['kind'];

/** By the codes of common's ErrorCode. */
export const FAILURE_BY_CODE: Readonly<Record<string, FailureKind>> = {
  'malformed-request': 'spec-invalid',
  unauthenticated: 'denied-by-policy',
  forbidden: 'denied-by-policy',
  'not-found': 'unknown',
  'session-not-found': 'unknown',
  'record-not-found': 'unknown',
  'method-not-allowed': 'unknown',
  'not-acceptable': 'unknown',
  'request-timeout': 'runtime-unavailable',
  'session-conflict': 'spec-invalid',
  'lease-not-found': 'unknown',
  'lease-held': 'denied-by-policy',
  'foreign-lease': 'denied-by-policy',
  'invalid-body': 'spec-invalid',
  'session-stopping': 'runtime-unavailable',
  'foreign-pod': 'denied-by-policy',
  'session-not-running': 'runtime-unavailable',
  'files-not-kept': 'spec-invalid',
  'logs-unavailable': 'runtime-unavailable',
  'body-too-large': 'spec-invalid',
  'uri-too-long': 'spec-invalid',
  'unsupported-media-type': 'spec-invalid',
  'invalid-spec': 'spec-invalid',
  'unsupported-flag': 'spec-invalid',
  'pod-refused': 'denied-by-policy',
  'too-many-requests': 'runtime-unavailable',
  'quota-exceeded': 'resources-exhausted',
  'headers-too-large': 'spec-invalid',
  internal: 'unknown',
  'upstream-unreachable': 'runtime-unavailable',
  'upstream-refused': 'denied-by-policy',
  'upstream-failed': 'runtime-unavailable',
  'not-ready': 'runtime-unavailable',
  'callers-not-configured': 'runtime-unavailable',
  'cluster-unavailable': 'runtime-unavailable',
  'archive-unavailable': 'runtime-unavailable',
  'identity-unavailable': 'runtime-unavailable',
  'routes-unavailable': 'runtime-unavailable',
  'credential-unavailable': 'runtime-unavailable',
  'upstream-timeout': 'runtime-unavailable',
};

/**
 * By the reasons of the spawner's Reason: what a session for which it is the last word has come to. `none` is no failure,
 * and `alive` no end. A heartbeat that is stale is no end of a session that is unhealthy by it, and one of a session that was
 * ended for it.
 */
export const FAILURE_BY_REASON: Readonly<Record<string, FailureKind | 'none' | 'alive'>> = {
  held: 'alive',
  unscheduled: 'alive',
  pulling: 'alive',
  starting: 'alive',
  'config-error': 'alive',
  restarting: 'alive',
  completed: 'none',
  stopped: 'none',
  'never-started': 'none',
  'owner-lapsed': 'none',
  orphaned: 'none',
  idle: 'none',
  'heartbeat-stale': 'started-then-died',
  error: 'started-then-died',
  'oom-killed': 'started-then-died',
  deadline: 'started-then-died',
  'init-failed': 'started-then-died',
  evicted: 'resources-exhausted',
  preempted: 'resources-exhausted',
  'schedule-timeout': 'resources-exhausted',
  unschedulable: 'resources-exhausted',
  'image-unavailable': 'image-unavailable',
  'image-not-found': 'image-unavailable',
  'image-denied': 'image-unavailable',
  'image-platform': 'image-unavailable',
  'image-invalid': 'spec-invalid',
  'registry-unavailable': 'image-unavailable',
  'pull-timeout': 'image-unavailable',
  'start-timeout': 'runtime-unavailable',
  drained: 'runtime-unavailable',
  lost: 'runtime-unavailable',
};

const IMAGE_FAULTS: ReadonlySet<string> = new Set([
  'image-unavailable',
  'image-not-found',
  'image-denied',
  'image-platform',
  'image-invalid',
  'registry-unavailable',
]);

export type SessionFailureError = Error & SessionFailure;

function failure(kind: FailureKind, detail: string, exitCode?: number): SessionFailure {
  switch (kind) {
    case 'spec-invalid':
    case 'denied-by-policy':
      return { kind, retryable: false, detail };
    case 'started-then-died':
      return { kind, retryable: false, ...(exitCode === undefined ? {} : { exitCode }) };
    case 'unknown':
      return { kind, retryable: false, opaqueRef: detail };
    default:
      return { kind, retryable: true };
  }
}

/** An error as the host expects one; the message has the detail for kinds that carry none. */
export function failureError(kind: FailureKind, detail: string, cause?: unknown): SessionFailureError {
  const error = new Error(`session realization failed: ${kind}: ${detail}`, { cause });
  return Object.assign(error, failure(kind, detail));
}

/** Whatever a call to the spawner failed with, as the host expects it. */
export function asFailureError(error: unknown): SessionFailureError {
  if (error instanceof Problem) {
    return failureError(FAILURE_BY_CODE[error.code] ?? 'unknown', error.message, error);
  }
  if (error instanceof Unreachable) {
    return failureError('runtime-unavailable', error.message, error);
  }
  if (error instanceof Error && 'kind' in error && 'retryable' in error) {
    return error as SessionFailureError;
  }
  return failureError('runtime-unavailable', error instanceof Error ? error.message : String(error), error);
}

/** Whether it will not run any more, nor ever. An image that cannot be had is an end: nobody waits half an hour for it. */
export function isOver(view: SessionView): boolean {
  return view.state === 'ended' || (view.state === 'pending' && isImageFault(view.reason));
}

/** Whether a pending session has the reason that its image cannot be had. */
export function isImageFault(reason: string | undefined): boolean {
  return reason !== undefined && IMAGE_FAULTS.has(reason);
}

/** What has become of a session. */
export function statusOf(seen: Seen): SessionStatus {
  const { view, gone } = seen;
  if (isOver(view)) {
    const kind = FAILURE_BY_REASON[view.reason ?? ''] ?? (view.exitCode === 0 ? 'none' : 'started-then-died');
    return kind === 'none' || kind === 'alive'
      ? { phase: 'stopped' }
      : { phase: 'failed', failure: failure(kind, view.message ?? kind, view.exitCode) };
  }
  if (gone) {
    const pod = `pod ${view.pod.namespace}/${view.pod.name} is gone; how its agent ended is not known`;
    if (view.state === 'stopping' && view.reason === 'heartbeat-stale') {
      return { phase: 'failed', failure: failure('started-then-died', pod) };
    }
    return view.state === 'stopping' ? { phase: 'stopped' } : { phase: 'failed', failure: failure('unknown', pod) };
  }
  return view.state === 'pending' ? { phase: 'preparing' } : { phase: 'running' };
}
