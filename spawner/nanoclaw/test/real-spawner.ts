/** The real spawner on the embedded cluster, which k8s/local's NanoclawTest starts; it says by the environment where. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ClawpodDriver } from '../src/driver.js';
import type { SessionEvent, SessionSpec } from '../src/session-driver.js';
import { readSettings } from '../src/settings.js';
import { hostSpec } from './host-spec.js';

const control = process.env['CLAWPOD_TEST_CONTROL'];
const kubernetes = process.env['CLAWPOD_TEST_KUBERNETES'] ?? '';
export const IMAGE = process.env['CLAWPOD_TEST_IMAGE'] ?? '';
export const HOST = process.env['CLAWPOD_TEST_HOST_FOLDER'] ?? '';
export const NAMESPACE = 'clawpod-agents';
export const CLAWPOD_RUN = fileURLToPath(new URL('../src/clawpod-run.js', import.meta.url));

/** For `describe`: why these tests do not run. */
export const WITHOUT_SPAWNER = control ? false : 'no spawner here: mvn verify starts one';

export async function stopSpawner(): Promise<void> {
  await post('/stop');
}

/** Returns once it is ready. */
export async function startSpawner(): Promise<void> {
  await post('/start');
}

async function post(target: string): Promise<void> {
  const answer = await fetch(`${control}${target}`, { method: 'POST' });
  assert.equal(answer.status, 200, await answer.text());
}

/** Deletes a pod as an operator would, past the spawner, and returns once it is gone. */
export async function deletePod(name: string): Promise<void> {
  const pod = `${kubernetes}/api/v1/namespaces/${NAMESPACE}/pods/${name}`;
  const answer = await fetch(`${pod}?gracePeriodSeconds=0`, { method: 'DELETE' });
  assert.ok(answer.ok, await answer.text());
  while ((await fetch(pod)).status !== 404) {
    // Only the API server knows; it answers in a millisecond.
  }
}

export async function podNames(): Promise<string[]> {
  const answer = await fetch(`${kubernetes}/api/v1/namespaces/${NAMESPACE}/pods`);
  const list = (await answer.json()) as { items: { metadata: { name: string } }[] };
  return list.items.map((pod) => pod.metadata.name);
}

/** A file of the host that the agent's script waits for, or makes. */
export class Signal {
  readonly file: string;

  constructor(name: string) {
    mkdirSync(HOST, { recursive: true });
    this.file = path.join(HOST, name);
  }

  give(): void {
    writeFileSync(this.file, '');
  }

  /** Shell that waits for it. */
  get awaiting(): string {
    return `until [ -e ${this.file} ]; do sleep 0.02; done`;
  }

  /** Shell that gives it. */
  get giving(): string {
    return `touch ${this.file}`;
  }

  async come(): Promise<void> {
    while (!existsSync(this.file)) {
      await new Promise<void>((resolve) => {
        const watcher = watch(HOST, done);
        function done(): void {
          watcher.close();
          resolve();
        }
        if (existsSync(this.file)) done();
      });
    }
  }
}

export function testDriver(log: string[] = []): ClawpodDriver {
  return new ClawpodDriver({
    settings: readSettings(),
    log: (line) => log.push(line),
    timing: { firstPauseMs: 20, longestPauseMs: 100, silenceMs: 45_000 },
  });
}

/** A session whose agent runs a shell script. */
export function scriptSpec(sessionId: string, script: string, install = 'driver'): SessionSpec {
  const spec = hostSpec();
  spec.key = { installSlug: install, agentGroupId: 'ag-1', sessionId };
  spec.resources = {};
  const [agent] = spec.containers;
  assert.ok(agent);
  agent.image = IMAGE;
  agent.command = ['sh', '-c', script];
  delete agent.args;
  agent.mounts = [{ class: 'group-state', hostPath: HOST, containerPath: '/workspace', mode: 'rw', groupScope: 'ag-1' }];
  return spec;
}

/** The watch of an install, as the host's hub would read it. */
export class Events {
  readonly #seen: string[] = [];
  readonly #waiting: { what: string; come: () => void }[] = [];
  readonly stop: () => void;

  constructor(driver: ClawpodDriver, install = 'driver') {
    const take = ({ key, kind }: SessionEvent): void => {
      const what = `${key.sessionId} ${kind}`;
      this.#seen.push(what);
      this.#waiting.filter((each) => each.what === what).forEach((each) => each.come());
    };
    const subscription = driver.watchSessions(install, take);
    this.stop = () => subscription.stop();
  }

  async until(what: string): Promise<void> {
    if (!this.#seen.includes(what)) {
      await new Promise<void>((come) => this.#waiting.push({ what, come }));
    }
  }
}

/** One clawpod-run. Call {@link Run.killAll} after each test: a child that is left would hold the test's process. */
export class Run {
  static readonly #alive = new Set<Run>();

  static killAll(): void {
    Run.#alive.forEach((run) => run.kill('SIGKILL'));
  }

  stdout = '';
  stderr = '';
  /** What the child ended with: its code, or the signal that killed it. */
  readonly ended: Promise<number | string>;
  readonly #child;
  readonly #waiting: { text: string; come: () => void }[] = [];

  constructor(argv: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.#child = spawn(CLAWPOD_RUN, argv, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.#tell();
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.#tell();
    });
    Run.#alive.add(this);
    this.ended = new Promise((resolve) =>
      this.#child.on('close', (code, signal) => {
        Run.#alive.delete(this);
        resolve(code ?? signal ?? '');
      }),
    );
  }

  #tell(): void {
    this.#waiting.filter(({ text }) => (this.stdout + this.stderr).includes(text)).forEach(({ come }) => come());
  }

  async says(text: string): Promise<void> {
    if (!(this.stdout + this.stderr).includes(text)) {
      await new Promise<void>((come) => this.#waiting.push({ text, come }));
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

export async function clawpodRun(argv: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Run & { code: number | string }> {
  const run = new Run(argv, env);
  return Object.assign(run, { code: await run.ended });
}

/** The words of a v2.0.64 host for one session, with another agent. */
export function hostArgv(name: string, script: string): string[] {
  const recorded = new URL('../../../src/test/resources/docker-run/v2.0.64/argv.json', import.meta.url);
  const argv = (JSON.parse(readFileSync(recorded, 'utf8')) as string[]).map((word) => word.replace(/^\/opt\/nanoclaw/, HOST));
  for (const mount of argv.filter((word) => word.startsWith(HOST)).map((word) => word.split(':')[0] ?? '')) {
    if (/\.(md|json)$/.test(mount)) {
      mkdirSync(path.dirname(mount), { recursive: true });
      writeFileSync(mount, '');
    } else {
      mkdirSync(mount, { recursive: true });
    }
  }
  argv[argv.indexOf('--name') + 1] = name;
  argv[argv.length - 3] = IMAGE;
  argv[argv.length - 1] = script;
  return argv;
}
