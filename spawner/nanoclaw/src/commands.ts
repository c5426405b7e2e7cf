/** docker's commands by the spawner's API. Each gives back the exit code. */
import { Problem, type Report, type SessionView, type SpawnerApi } from './api.js';
import { mayConcernClient, parsePs, parseStop, UsageError } from './argv.js';
import { FAILURE_BY_REASON, isImageFault, isOver } from './failures.js';
import type { Feed, Seen } from './feed.js';
import { follow } from './follow.js';
import { remove, type Shared } from './handle.js';
import { pause } from './pause.js';

/** docker's own: the engine, and not the agent, has failed. */
export const ENGINE_FAILED = 125;
const FAILED = 1;
const KILLED = 137;
/** How long the rest of the output may take once the agent has ended. */
const REST_WITHIN_MS = 10_000;
const STOP_AGAIN_AFTER_MS = 1_000;

export interface Terminal {
  /** Resolves when the bytes may be followed by more. */
  out(bytes: Buffer | string): Promise<void>;
  err(line: string): void;
  /** Aborted when the caller asks for the agent's end. */
  readonly interrupted: AbortSignal;
}

export interface Context {
  readonly api: SpawnerApi;
  readonly feed: Feed;
  /** The install that a command without an install label means. */
  readonly install?: string;
  readonly terminal: Terminal;
}

export async function command(argv: readonly string[], context: Context): Promise<number> {
  const [name, ...rest] = argv;
  switch (name) {
    case 'run':
      return run(argv, context);
    case 'stop':
      return stop(rest, context);
    case 'ps':
      return ps(rest, context);
    case 'info':
      return info(context);
    case 'build':
      throw new UsageError('build is not done here: build the image where you have Docker and push it to your registry');
    default:
      throw new UsageError(`'${name ?? ''}' is no command here: use run, stop, ps or info`);
  }
}

async function info({ api, terminal }: Context): Promise<number> {
  await api.ready();
  await terminal.out(`Runtime: clawpod (one pod for each agent)\nSpawner: ${api.url}\n`);
  return 0;
}

async function run(argv: readonly string[], context: Context): Promise<number> {
  const { api, feed, terminal } = context;
  const detach = mayConcernClient(argv) && (await clientSwitches(argv, api)).detach;
  const release = feed.hold();
  try {
    const { made, answer } = await api.dockerRun(argv).catch((failure: unknown) => {
      if (failure instanceof Problem) tellReport(failure.report, terminal);
      throw failure;
    });
    tellReport(answer.report, terminal);
    answer.warnings.forEach((warning) => terminal.err(`warning: ${warning}`));
    const session = answer.session;
    if (!session) {
      throw new Error('the spawner made no session');
    }
    feed.written(session);
    if (!made) {
      terminal.err(`session ${session.install}/${session.key} is there already with the same spec; following it`);
    }
    if (detach) {
      await terminal.out(`${session.key}\n`);
      return 0;
    }
    return await attend(session, context);
  } finally {
    release();
  }
}

/** The spawner reads the command line, so that the two cannot read it in two ways. It makes nothing of it here. */
async function clientSwitches(argv: readonly string[], api: SpawnerApi): Promise<{ detach: boolean }> {
  let report: Report | undefined;
  let refusal: unknown;
  try {
    report = (await api.dockerRun(argv, true)).answer.report;
  } catch (failure) {
    if (!(failure instanceof Problem)) {
      throw failure;
    }
    report = failure.report;
    refusal = failure;
  }
  const on = (...flags: string[]): boolean =>
    [...(report?.mapped ?? []), ...(report?.changed ?? [])].some(
      (entry) => flags.includes(entry.flag) && entry.value !== 'false',
    );
  if (on('-i', '--interactive')) {
    throw new UsageError(
      'run -i sends standard input to the agent, which this program cannot: let the host use docker itself, with'
        + ' DOCKER_HOST set to the spawner, whose Docker Engine API attaches. Nothing was made',
    );
  }
  if (refusal !== undefined) {
    throw refusal;
  }
  return { detach: on('-d', '--detach') };
}

function tellReport(report: Report | undefined, terminal: Terminal): void {
  for (const entry of report?.changed ?? []) {
    terminal.err(`changed ${entry.flag}: ${entry.note}`);
  }
  for (const entry of report?.refused ?? []) {
    terminal.err(`refused ${entry.flag}: ${entry.note}`);
  }
}

/** Gives out what the agent writes, and its exit code when it has ended. */
async function attend(session: SessionView, { api, feed, terminal }: Context): Promise<number> {
  const { install, key, pod } = session;
  const own = (seen: Seen): boolean => seen.view.pod.uid === pod.uid;
  const over = new AbortController();
  const stopAsked = (): void => void stopUntilItWorks(session, api, terminal, over.signal);
  terminal.interrupted.addEventListener('abort', stopAsked, { once: true });
  if (terminal.interrupted.aborted) stopAsked();
  try {
    const output = follow(api, session, (bytes) => terminal.out(bytes), over.signal);
    const last = await feed.when(install, key, (seen) => !own(seen) || seen.gone || isOver(seen.view));
    if (!last || !own(last)) {
      terminal.err(`session ${install}/${key} is gone, and another one has its name`);
      return KILLED;
    }
    if (isImageFault(last.view.reason)) {
      terminal.err(`the image cannot be had: ${last.view.message ?? 'the cluster does not say why'}`);
      await api.stop(install, key);
      return ENGINE_FAILED;
    }
    const patience = setTimeout(() => over.abort(), REST_WITHIN_MS);
    await output.finally(() => clearTimeout(patience));
    return exitCode(last, terminal);
  } finally {
    over.abort();
    terminal.interrupted.removeEventListener('abort', stopAsked);
  }
}

/** A spawner that is away for a moment must not make a stop that was asked for come to nothing. */
async function stopUntilItWorks(
  { install, key }: SessionView,
  api: SpawnerApi,
  terminal: Terminal,
  over: AbortSignal,
): Promise<void> {
  terminal.err(`stopping session ${install}/${key}`);
  for (let attempt = 1; !over.aborted; attempt++) {
    try {
      await api.stop(install, key);
      return;
    } catch (failure) {
      if (attempt === 1) terminal.err(`cannot stop it yet: ${text(failure)}`);
      await pause(STOP_AGAIN_AFTER_MS, over);
    }
  }
}

/** The agent's own; 137 where only its end is known; 125 where the cluster has ended it. */
function exitCode({ view, gone }: Seen, terminal: Terminal): number {
  if (view.state === 'ended' && view.reason !== 'completed' && view.reason !== 'error') {
    terminal.err(`the session ended: ${view.reason ?? 'for an unknown reason'}${view.message ? `: ${view.message}` : ''}`);
  }
  if (view.exitCode !== undefined) {
    return view.exitCode;
  }
  if (view.state === 'ended' && FAILURE_BY_REASON[view.reason ?? ''] !== 'none') {
    return ENGINE_FAILED;
  }
  if (gone && view.state !== 'ended') {
    terminal.err(`the pod ${view.pod.namespace}/${view.pod.name} is gone; how its agent ended is not known`);
  }
  return KILLED;
}

/** As docker: prints each name once it has stopped, and goes on after one that is not there. */
async function stop(argv: readonly string[], context: Context): Promise<number> {
  const { names, graceSeconds } = parseStop(argv);
  const { api, feed, terminal } = context;
  const all = await api.list(context.install);
  const shared: Shared = { api, feed };
  let code = 0;
  for (const name of names) {
    const found = all.filter((view) => view.key === name || view.pod.name === name);
    const [session] = found;
    if (!session || found.length > 1) {
      terminal.err(
        session
          ? `${name} is a session of ${found.map((view) => view.install).join(' and of ')}: set CLAWPOD_INSTALL to one`
          : `No such container: ${name}`,
      );
      code = FAILED;
      continue;
    }
    const key = { installSlug: session.install, agentGroupId: session.group ?? '', sessionId: session.key };
    if (await remove(shared, key, session.pod.uid, graceSeconds)) {
      await terminal.out(`${name}\n`);
    } else {
      terminal.err(`${name} has been told to stop, but its pod ${session.pod.name} is still there`);
      code = FAILED;
    }
  }
  return code;
}

async function ps(argv: readonly string[], context: Context): Promise<number> {
  const query = parsePs(argv);
  const label = (name: string): string | undefined => query.labels.find((each) => each.name === name)?.value;
  const install = label('nanoclaw-install') ?? context.install;
  if (install === undefined) {
    // Other hosts share the spawner, and a host stops what it finds here.
    throw new UsageError('ps names no install: write --filter label=nanoclaw-install=SLUG, or set CLAWPOD_INSTALL');
  }
  const listed = (await context.api.list(install)).filter(
    (view) =>
      (query.all || !(isOver(view) || view.state === 'stopping')) &&
      query.names.every((part) => view.key.includes(part)) &&
      query.labels.every(({ name, value }) => {
        const own = { 'nanoclaw-install': view.install, 'nanoclaw-group': view.group, 'nanoclaw-role': view.role }[name];
        return value === undefined ? own !== undefined : own === value;
      }),
  );
  await context.terminal.out(listed.map((view) => `${view.key}\n`).join(''));
  return 0;
}

export function text(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
