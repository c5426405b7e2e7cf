/** The spawner's REST API (spawner/docs/api.md). */
import http from 'node:http';
import https from 'node:https';
import type { Settings } from './settings.js';

/** A session as the spawner shows it. */
export interface SessionView {
  readonly install: string;
  readonly key: string;
  readonly group?: string;
  readonly role?: string;
  readonly state: 'pending' | 'running' | 'unhealthy' | 'stopping' | 'ended';
  readonly reason?: string;
  readonly message?: string;
  readonly exitCode?: number;
  readonly signal?: number;
  readonly pod: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly startedAt?: string;
  /** When its agent last gave a heartbeat (RFC 3339), as last read. */
  readonly lastHeartbeat?: string;
  readonly warnings?: readonly string[];
}

export interface ReportEntry {
  readonly flag: string;
  readonly value?: string;
  readonly note: string;
}

export interface Report {
  readonly mapped: readonly ReportEntry[];
  readonly changed: readonly ReportEntry[];
  readonly refused: readonly ReportEntry[];
}

export interface DockerRunAnswer {
  readonly session?: SessionView;
  readonly report: Report;
  readonly warnings: readonly string[];
}

/** What the spawner answered instead of what was asked (RFC 9457). */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly remedy?: string,
    readonly id?: string,
    readonly report?: Report,
  ) {
    super(`${code}: ${detail}${remedy ? `; ${remedy}` : ''}${id ? ` (id ${id})` : ''}`);
  }
}

/** There was no answer. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const ANSWER_WITHIN_MS = 30_000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const PAGE = 1000;

export class SpawnerApi {
  readonly #settings: Settings;
  readonly #client: typeof http | typeof https;
  readonly #agent: http.Agent;

  constructor(settings: Settings) {
    this.#settings = settings;
    const secure = settings.url.protocol === 'https:';
    this.#client = secure ? https : http;
    this.#agent = secure ? new https.Agent({ keepAlive: true }) : new http.Agent({ keepAlive: true });
  }

  get url(): string {
    return this.#settings.url.href.replace(/\/$/, '');
  }

  /** Makes the session, or adopts the one that is there with the same spec. */
  async put(install: string, key: string, spec: object): Promise<SessionView> {
    return (await this.#call('PUT', sessionPath(install, key), spec)).body as SessionView;
  }

  async get(install: string, key: string): Promise<SessionView | undefined> {
    try {
      return (await this.#call('GET', sessionPath(install, key))).body as SessionView;
    } catch (failure) {
      if (failure instanceof Problem && failure.code === 'session-not-found') {
        return undefined;
      }
      throw failure;
    }
  }

  /** The session that is on its way out; undefined if there was nothing to stop. */
  async stop(install: string, key: string, graceSeconds?: number): Promise<SessionView | undefined> {
    const grace = graceSeconds === undefined ? '' : `?grace=PT${graceSeconds}S`;
    return (await this.#call('DELETE', sessionPath(install, key) + grace)).body as SessionView | undefined;
  }

  /** All sessions, of one install or of all. */
  async list(install?: string, limit = PAGE): Promise<SessionView[]> {
    const found: SessionView[] = [];
    let next: string | undefined;
    do {
      const query = new URLSearchParams({ limit: String(limit) });
      if (install !== undefined) query.set('install', install);
      if (next !== undefined) query.set('continue', next);
      const page = (await this.#call('GET', `/v1/sessions?${query}`)).body as {
        sessions: SessionView[];
        continue?: string | null;
      };
      found.push(...page.sessions);
      next = page.continue ?? undefined;
    } while (next !== undefined);
    return found;
  }

  /** Fails unless the spawner is ready to make sessions and knows this caller. */
  async ready(): Promise<void> {
    await this.#call('GET', '/v1/sessions?limit=1');
    await this.#call('GET', '/q/health/ready');
  }

  async dockerRun(argv: readonly string[], dryRun = false): Promise<{ made: boolean; answer: DockerRunAnswer }> {
    const answer = await this.#call('POST', `/v1/docker-run${dryRun ? '?dryRun' : ''}`, argv);
    return { made: answer.status === 201, answer: answer.body as DockerRunAnswer };
  }

  /** The changes of all sessions as server-sent events. */
  watch(lastEventId: string | undefined, signal: AbortSignal): Promise<http.IncomingMessage> {
    return this.#stream('/v1/sessions?watch', 'text/event-stream', signal, lastEventId);
  }

  /** The session's output from its start, or from `since`, to its end; each line begins with its time. */
  logs(install: string, key: string, since: string | undefined, signal: AbortSignal): Promise<http.IncomingMessage> {
    const from = since === undefined ? '' : `&since=${encodeURIComponent(since)}`;
    return this.#stream(`${sessionPath(install, key)}/logs?follow&timestamps${from}`, 'text/plain', signal);
  }

  async #stream(
    path: string,
    type: string,
    signal: AbortSignal,
    lastEventId?: string,
  ): Promise<http.IncomingMessage> {
    const headers: http.OutgoingHttpHeaders = { accept: `${type}, application/problem+json` };
    if (lastEventId !== undefined) headers['last-event-id'] = lastEventId;
    const response = await this.#request('GET', path, headers, undefined, signal, false);
    if (response.statusCode !== 200) {
      throw problem(response.statusCode ?? 0, await read(response));
    }
    if (!response.headers['content-type']?.startsWith(type)) {
      response.destroy();
      throw new Unreachable(`${this.url} is no spawner: it answered with ${response.headers['content-type']}`);
    }
    response.socket.setKeepAlive(true, ANSWER_WITHIN_MS);
    return response;
  }

  async #call(method: string, path: string, body?: unknown): Promise<Answer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers: http.OutgoingHttpHeaders = { accept: 'application/json, application/problem+json' };
    if (text !== undefined) {
      headers['content-type'] = 'application/json';
      headers['content-length'] = Buffer.byteLength(text);
    }
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    // A repeated POST could make a second session, so it gets no kept connection, which may be half closed.
    const response = await this.#request(method, path, headers, text, signal, method !== 'POST');
    const answer = await read(response).catch((failure: unknown) => {
      throw this.#unreachable(failure);
    });
    const status = response.statusCode ?? 0;
    if (status < 200 || status > 299) {
      throw problem(status, answer);
    }
    if (answer === '') {
      return { status, body: undefined };
    }
    try {
      return { status, body: JSON.parse(answer) };
    } catch {
      throw new Unreachable(`${this.url} is no spawner: its answer is no JSON`);
    }
  }

  #request(
    method: string,
    path: string,
    headers: http.OutgoingHttpHeaders,
    body: string | undefined,
    signal: AbortSignal,
    kept: boolean,
  ): Promise<http.IncomingMessage> {
    const { url, ca } = this.#settings;
    const options: https.RequestOptions = {
      method,
      signal,
      protocol: url.protocol,
      hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: url.port,
      path: (url.pathname === '/' ? '' : url.pathname) + path,
      headers: { ...headers, authorization: `Bearer ${this.#settings.token()}` },
      agent: kept ? this.#agent : false,
      ...(ca ? { ca } : {}),
    };
    return new Promise((resolve, reject) => {
      const request = this.#client.request(options, resolve);
      request.on('error', (failure) => {
        if (kept && request.reusedSocket && (failure as NodeJS.ErrnoException).code === 'ECONNRESET') {
          // The spawner had closed the kept connection before it read this request.
          this.#request(method, path, headers, body, signal, false).then(resolve, reject);
        } else {
          reject(this.#unreachable(failure));
        }
      });
      request.end(body);
    });
  }

  #unreachable(failure: unknown): Error {
    const code = (failure as NodeJS.ErrnoException).code ?? (failure as Error).message;
    return new Unreachable(`cannot reach the spawner at ${this.url}: ${code}`, { cause: failure });
  }
}

function sessionPath(install: string, key: string): string {
  return `/v1/sessions/${encodeURIComponent(install)}/${encodeURIComponent(key)}`;
}

async function read(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) {
      throw new Error(`an answer of more than ${MAX_ANSWER_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function problem(status: number, text: string): Problem {
  let body: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) body = parsed as Record<string, unknown>;
  } catch {
    // Whoever answered, such as a gateway in between, speaks no JSON.
  }
  const member = (name: string): string | undefined => (typeof body[name] === 'string' ? body[name] : undefined);
  return new Problem(
    status,
    member('code') ?? (status === 503 ? 'not-ready' : 'unknown'),
    member('detail') ?? health(body) ?? `answered with status ${status}`,
    member('remedy'),
    member('id'),
    body['report'] as Report | undefined,
  );
}

/** What a health document (MicroProfile Health 4, section 3) says is down. */
function health(body: Record<string, unknown>): string | undefined {
  if (!Array.isArray(body['checks'])) {
    return undefined;
  }
  const down = (body['checks'] as { name?: string; status?: string; data?: Record<string, unknown> }[])
    .filter((check) => check.status === 'DOWN')
    .map((check) => [check.name, ...Object.values(check.data ?? {})].join(': '));
  return down.length === 0 ? undefined : `the spawner is not ready: ${down.join('; ')}`;
}
