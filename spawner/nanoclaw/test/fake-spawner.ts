/** A spawner that does whatever a test wants, also what no spawner should do. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { SessionView } from '../src/api.js';
import type { Settings } from '../src/settings.js';
import type { WatchTiming } from '../src/watch.js';

export const QUICK: WatchTiming = { firstPauseMs: 1, longestPauseMs: 4, silenceMs: 10_000 };

export type Answer = (request: http.IncomingMessage, response: http.ServerResponse) => void;

export interface FakeSpawner {
  readonly settings: Settings;
  /** The watch's requests so far: what each sent as Last-Event-ID. */
  readonly watches: (string | undefined)[];
  /** The other requests: method and target. */
  readonly calls: string[];
}

/** @param watches answers to the watch, one after the other; the last one also to all that follow */
export async function fakeSpawner(t: TestContext, watches: Answer[], other: Answer = notFound): Promise<FakeSpawner> {
  const seen: FakeSpawner['watches'] = [];
  const calls: string[] = [];
  const server = http.createServer((request, response) => {
    if (request.url !== '/v1/sessions?watch') {
      calls.push(`${request.method} ${request.url}`);
      other(request, response);
      return;
    }
    seen.push(request.headers['last-event-id'] as string | undefined);
    const answer = watches[Math.min(seen.length, watches.length) - 1];
    answer?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return { settings: { url, token: () => 'token' }, watches: seen, calls };
}

export function problem(status: number, code: string, detail = 'so it is'): Answer {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify({ code, detail }));
  };
}

export const notFound: Answer = problem(404, 'session-not-found');

export function json(value: unknown, status = 200): Answer {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };
}

export interface Then {
  /** What comes after the events: the stream stays open, ends well, or breaks off. */
  readonly then: 'open' | 'end' | 'break';
}

export function stream(text: string, { then }: Then): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(text, () => {
      if (then === 'end') response.end();
      if (then === 'break') response.destroy();
    });
  };
}

export function session(key: string, change: Partial<SessionView> = {}): SessionView {
  return {
    install: 'i',
    key,
    group: 'g',
    role: 'agent',
    state: 'running',
    pod: { namespace: 'ns', name: key, uid: `uid-${key}` },
    ...change,
  };
}

export function event(type: string, data: unknown, id?: string): string {
  return `event: ${type}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}

/** A whole list, as a watch begins with. */
export function resync(id: string, ...sessions: SessionView[]): string {
  return [
    event('resync', { count: sessions.length }),
    ...sessions.map((each) => event('session', each)),
    event('synced', {}, id),
  ].join('');
}
