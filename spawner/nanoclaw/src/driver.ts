/** NanoClaw's SessionDriver on the spawner. */
import { SpawnerApi, type SessionView } from './api.js';
import { asFailureError, failureError, isOver, statusOf } from './failures.js';
import { Feed, type Seen } from './feed.js';
import { ClawpodHandle, remove, type Shared } from './handle.js';
import {
  AGENT_ROLE,
  type DriverCapabilities,
  type NetworkAccessIntent,
  type SessionDriver,
  type SessionEvent,
  type SessionHandle,
  type SessionKey,
  type SessionPhase,
  type SessionSnapshot,
  type SessionSpec,
  type SessionWatch,
} from './session-driver.js';
import type { Settings } from './settings.js';
import { withSmallFiles } from './small-files.js';
import { hostAliases, toSpawnerSpec } from './spec.js';
import type { WatchTiming } from './watch.js';

export interface DriverOptions {
  readonly settings: Settings;
  /** The host's own check of a spec, which throws; run before anything else. */
  readonly validate?: (spec: SessionSpec, capabilities: DriverCapabilities) => void;
  readonly log?: (line: string) => void;
  readonly timing?: WatchTiming;
}

export class ClawpodDriver implements SessionDriver {
  readonly kind = 'clawpod';
  readonly #options: DriverOptions;
  readonly #shared: Shared;

  constructor(options: DriverOptions) {
    this.#options = options;
    const api = new SpawnerApi(options.settings);
    const feed = new Feed({
      open: (lastEventId, signal) => api.watch(lastEventId, signal),
      lookup: (install, key) => api.get(install, key),
      ...(options.log ? { log: options.log } : {}),
      ...(options.timing ? { timing: options.timing } : {}),
    });
    this.#shared = { api, feed };
  }

  capabilities(): DriverCapabilities {
    return {
      isolationTiers: ['container'],
      // The spawner and the API server decide what is mounted and how a pod may look, whatever this process asks for.
      admissionEnforced: true,
      networkPolicy: 'declarative',
      encryptedVolumes: false,
      unrealized: ['pidsLimit'],
      sharedNetworkNamespace: false,
      auxiliaryContainers: false,
      imageBuild: false,
    };
  }

  async ensureReady(): Promise<void> {
    await this.#shared.api.ready().catch((failure: unknown) => {
      throw asFailureError(failure);
    });
  }

  /** The way to the gateway is in the pod itself, so there is nothing to restore; but it must be one that a pod can have. */
  async reconcileNetworkAccess(access: NetworkAccessIntent): Promise<void> {
    hostAliases(access);
  }

  /** Makes nothing yet: the pod is made by the handle's start. What ended under the key before is cleared away. */
  async prepare(spec: SessionSpec): Promise<SessionHandle> {
    this.#options.validate?.(spec, this.capabilities());
    const wanted = withSmallFiles(toSpawnerSpec(spec));
    try {
      const found = await this.#shared.api.get(spec.key.installSlug, spec.key.sessionId);
      if (found && !this.#isOwn(found, spec.key)) {
        const owner = `session ${found.install}/${found.key} belongs to group ${found.group ?? 'none'}`;
        throw failureError('unknown', `${owner}, not to ${spec.key.agentGroupId}`);
      }
      if (found && !isOver(found) && found.state !== 'stopping') {
        return new ClawpodHandle(spec.key, this.#shared, { view: found });
      }
      if (found && !(await remove(this.#shared, spec.key, found.pod.uid, spec.stopGraceSeconds))) {
        throw failureError('runtime-unavailable', `pod ${found.pod.name} of the session before is not gone yet`);
      }
    } catch (failure) {
      throw asFailureError(failure);
    }
    return new ClawpodHandle(spec.key, this.#shared, { spec: wanted, graceSeconds: spec.stopGraceSeconds });
  }

  #isOwn(view: SessionView, key: SessionKey): boolean {
    return view.role === AGENT_ROLE && view.group === key.agentGroupId;
  }

  async listSessions(installSlug: string): Promise<SessionSnapshot[]> {
    const all = await this.#list(installSlug);
    return all.flatMap((view) => {
      const key = keyOf(view);
      if (!key) {
        return [];
      }
      const status = statusOf({ view, gone: false });
      const handle = new ClawpodHandle(key, this.#shared, { view });
      return [{ handle, phase: phaseOf(view), ...(status.phase === 'failed' ? { failure: status.failure } : {}) }];
    });
  }

  async #list(installSlug: string): Promise<SessionView[]> {
    return this.#shared.api.list(installSlug).catch((failure: unknown) => {
      throw asFailureError(failure);
    });
  }

  /** All installs, subscribers and handles share one stream. */
  watchSessions(installSlug: string, onEvent: (event: SessionEvent) => void): SessionWatch {
    const unsubscribe = this.#shared.feed.subscribe((seen) => {
      const key = keyOf(seen.view);
      if (key && key.installSlug === installSlug) {
        try {
          onEvent({ key, kind: eventKind(seen) });
        } catch (failure) {
          // One reader's fault must not end the watch of all.
          this.#options.log?.(`a reader of the watch failed: ${String(failure)}`);
        }
      }
    });
    const release = this.#shared.feed.hold();
    return {
      stop: () => {
        unsubscribe();
        release();
      },
    };
  }

  /**
   * Ends what no handle can reach: sessions that a host before this seam made, which name no role, and those that have
   * ended and that a host which died could not clear away.
   */
  async reapResidue(installSlug: string): Promise<void> {
    const all = await this.#list(installSlug);
    const residue = all.filter((view) => view.role === undefined || (view.role === AGENT_ROLE && isOver(view)));
    for (const view of residue) {
      await this.#shared.api.stop(view.install, view.key).catch((failure: unknown) => {
        this.#options.log?.(`cannot clear session ${view.install}/${view.key}: ${asFailureError(failure).message}`);
      });
    }
  }
}

/** Only an agent's session has a key of the host. */
function keyOf(view: SessionView): SessionKey | undefined {
  return view.role === AGENT_ROLE && view.group !== undefined
    ? { installSlug: view.install, agentGroupId: view.group, sessionId: view.key }
    : undefined;
}

function phaseOf(view: SessionView): SessionPhase {
  if (isOver(view) || view.state === 'stopping') {
    return 'terminal';
  }
  return view.state === 'pending' ? 'starting' : 'running';
}

function eventKind({ view, gone }: Seen): SessionEvent['kind'] {
  if (gone || isOver(view)) {
    return 'terminal';
  }
  return view.state === 'stopping' ? 'hint' : 'phase';
}
