/** One session of the host. */
import { Problem, type SessionView, type SpawnerApi } from './api.js';
import { asFailureError, failureError, isOver, statusOf } from './failures.js';
import type { Feed, Seen } from './feed.js';
import type { SessionExecSpec, SessionHandle, SessionKey, SessionStatus } from './session-driver.js';
import { podName, type SpawnerSpec } from './spec.js';

/** Beyond the grace: how long a pod may take to be gone. */
const GONE_WITHIN_MS = 30_000;
const AGENT_CONTAINER = 'agent';

export interface Shared {
  readonly api: SpawnerApi;
  readonly feed: Feed;
}

/** What a handle is made of: a session that is still to be made, or one that is there. */
export type Origin = { readonly spec: SpawnerSpec; readonly graceSeconds: number } | { readonly view: SessionView };

export class ClawpodHandle implements SessionHandle {
  readonly name: string;
  readonly #shared: Shared;
  readonly #spec: SpawnerSpec | undefined;
  readonly #graceSeconds: number | undefined;
  /** The session as this handle has last seen it; undefined until it is made. */
  #view: SessionView | undefined;
  /** How it ended; kept, since the watch forgets it when another pod has its key. */
  #end: Seen | undefined;
  /** Set before the call, since a call that is not answered may have made it. */
  #asked = false;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(
    readonly key: SessionKey,
    shared: Shared,
    origin: Origin,
  ) {
    this.#shared = shared;
    this.name = podName(key);
    if ('view' in origin) {
      this.#view = origin.view;
    } else {
      this.#spec = origin.spec;
      this.#graceSeconds = origin.graceSeconds;
    }
  }

  /** Makes the session, once; one that is there runs already. */
  start(): Promise<void> {
    this.#starting ??= this.#start().catch((failure: unknown) => {
      this.#starting = undefined;
      throw asFailureError(failure);
    });
    return this.#starting;
  }

  async #start(): Promise<void> {
    if (this.#view || !this.#spec) {
      return;
    }
    const { api, feed } = this.#shared;
    this.#asked = true;
    this.#view = await api.put(this.key.installSlug, this.key.sessionId, this.#spec).catch(async (failure: unknown) => {
      // Two calls of the host for one key: the other one was first, and its session is the session.
      const other =
        failure instanceof Problem && failure.code === 'session-conflict'
          ? await api.get(this.key.installSlug, this.key.sessionId)
          : undefined;
      if (other === undefined || isOver(other) || other.group !== this.key.agentGroupId) {
        throw failure;
      }
      return other;
    });
    feed.written(this.#view);
  }

  /** An end that the watch has told is told without a call, also while the spawner cannot be reached. */
  async status(): Promise<SessionStatus> {
    if (!this.#view && !this.#asked) {
      return { phase: 'ready' };
    }
    const seen = this.#end ?? this.#seen();
    if (seen && (seen.gone || isOver(seen.view))) {
      return this.#status(seen);
    }
    let found: SessionView | undefined;
    try {
      found = await this.#shared.api.get(this.key.installSlug, this.key.sessionId);
    } catch (failure) {
      throw asFailureError(failure);
    }
    const last = this.#view;
    if (last === undefined) {
      return found ? this.#status({ view: found, gone: false }) : { phase: 'ready' };
    }
    if (found?.pod.uid !== last.pod.uid) {
      // A replica may not have seen what the watch has told already.
      const told = found || !this.#shared.feed.stands ? undefined : this.#seen();
      return this.#status(told ?? { view: last, gone: true });
    }
    this.#view = found;
    return this.#status({ view: found, gone: false });
  }

  /** An image may be there after all, so only the end of a pod is kept. */
  #status(seen: Seen): SessionStatus {
    if (seen.gone || seen.view.state === 'ended') this.#end = seen;
    return statusOf(seen);
  }

  /** What the watch knows of this handle's own pod, not of one that has its key after it. */
  #seen(): Seen | undefined {
    const seen = this.#shared.feed.seen(this.key.installSlug, this.key.sessionId);
    return seen && (!this.#view || seen.view.pod.uid === this.#view.pod.uid) ? seen : undefined;
  }

  /** Ends the session and waits until its pod is gone, but not for ever. Calls at the same time share one stop. */
  stop(_reason: string): Promise<void> {
    this.#stopping ??= this.#stop().catch((failure: unknown) => {
      this.#stopping = undefined;
      throw asFailureError(failure);
    });
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    await this.#starting?.catch(() => undefined);
    if (this.#view || this.#asked) {
      await remove(this.#shared, this.key, this.#view?.pod.uid, this.#graceSeconds);
    }
  }

  execSpec(command: string[]): SessionExecSpec {
    const pod = this.#view?.pod;
    if (!pod) {
      throw failureError('runtime-unavailable', `session ${this.key.sessionId} has not been started`);
    }
    const rest = ['-n', pod.namespace, pod.name, '-c', AGENT_CONTAINER, '--', ...command];
    return { bin: 'kubectl', argsTty: ['exec', '-it', ...rest], argsPlain: ['exec', '-i', ...rest] };
  }
}

/**
 * Ends the session under `key` and waits until its pod is gone. False if it is still there after its grace and half a
 * minute, such as on a node that does not answer.
 *
 * @param uid of the pod that is meant; a session that has the key after it is left alone
 */
export async function remove(
  { api, feed }: Shared,
  key: SessionKey,
  uid: string | undefined,
  graceSeconds: number | undefined,
): Promise<boolean> {
  const release = feed.hold();
  try {
    const found = uid === undefined ? undefined : await api.get(key.installSlug, key.sessionId);
    if (found && found.pod.uid !== uid) {
      return true;
    }
    // Also if it was not found: a replica that has not seen it yet stops it all the same.
    const stopping = await api.stop(key.installSlug, key.sessionId, graceSeconds);
    if (!stopping) {
      return true;
    }
    feed.written(stopping);
    const gone = (seen: Seen): boolean => seen.gone || seen.view.pod.uid !== stopping.pod.uid;
    const patience = (graceSeconds ?? 0) * 1000 + GONE_WITHIN_MS;
    return (await feed.when(key.installSlug, key.sessionId, gone, patience)) !== undefined;
  } finally {
    release();
  }
}
