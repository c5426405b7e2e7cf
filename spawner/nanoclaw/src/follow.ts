/** Reads a session's log to its end, also across a spawner that goes and comes back. */
import { Problem, type SessionView, type SpawnerApi } from './api.js';
import { LogLines } from './log-lines.js';
import { pause } from './pause.js';

const FIRST_PAUSE_MS = 250;
/** Short, so that the rest of the output is read soon after an end that the watch tells. */
const LONGEST_PAUSE_MS = 2_000;

/** Gone, or never there: what is left of it no one can read. */
const NO_LOG = new Set(['session-not-found', 'logs-unavailable']);

/**
 * Hands the output to `write` byte for byte, nothing twice and nothing left out. Ends with the log, when the log is not there
 * any more, or when `over` is aborted; and fails only if `write` does.
 */
export async function follow(
  api: SpawnerApi,
  session: SessionView,
  write: (bytes: Buffer) => Promise<void>,
  over: AbortSignal,
): Promise<void> {
  const lines = new LogLines();
  let wait = FIRST_PAUSE_MS;
  for (;;) {
    lines.restart();
    let chunks: AsyncIterable<Buffer>;
    try {
      chunks = await api.logs(session.install, session.key, lines.since, over);
    } catch (failure) {
      if (over.aborted || (failure instanceof Problem && NO_LOG.has(failure.code))) {
        return;
      }
      await pause(wait, over);
      wait = Math.min(wait * 2, LONGEST_PAUSE_MS);
      continue;
    }
    const broken = await copy(chunks, lines, write, over);
    if (!broken || over.aborted) {
      return;
    }
    wait = FIRST_PAUSE_MS;
    await pause(wait, over);
  }
}

/** Whether the log broke off before its end. */
async function copy(
  chunks: AsyncIterable<Buffer>,
  lines: LogLines,
  write: (bytes: Buffer) => Promise<void>,
  over: AbortSignal,
): Promise<boolean> {
  const reader = chunks[Symbol.asyncIterator]();
  for (;;) {
    let next: IteratorResult<Buffer>;
    try {
      next = await reader.next();
    } catch {
      return true;
    }
    if (next.done || over.aborted) {
      await reader.return?.();
      return false;
    }
    for (const bytes of lines.take(next.value)) {
      await write(bytes);
    }
  }
}
