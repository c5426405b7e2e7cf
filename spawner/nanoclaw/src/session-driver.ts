/**
 * The host's seam for runtimes, as far as this package meets it (NanoClaw, src/drivers/types.ts). The types are
 * structural: a value of the host's own types is one of these and the other way round, and nothing of the host is imported.
 * What hosts of different ages do not share is optional or wider here.
 */

/** Who a session is. */
export interface SessionKey {
  installSlug: string;
  agentGroupId: string;
  sessionId: string;
}

export interface MountSpec {
  class: string;
  hostPath: string;
  containerPath: string;
  mode: 'rw' | 'ro';
  groupScope: string;
}

export interface ContainerSpec {
  role: string;
  image: string;
  env: Record<string, string>;
  /** Wins over `env`. */
  contributedEnv?: Record<string, string>;
  command?: string[];
  args?: string[];
  mounts: MountSpec[];
  labels?: Record<string, string>;
}

export interface SessionResources {
  memoryMb?: number;
  cpus?: string;
  pidsLimit?: number;
  shmSizeMb?: number;
}

export interface NetworkAccessIntent {
  endpoint: string;
  target: { kind: 'host' } | { kind: 'runtime'; identity: string } | { kind: 'session-container'; role: string };
}

export interface SessionSpec {
  key: SessionKey;
  labels: Record<string, string>;
  containers: ContainerSpec[];
  network: 'shared-private' | 'none';
  /** Absent in hosts that have no gateways yet. */
  networkAccess?: NetworkAccessIntent;
  hardening: 'standard';
  resources: SessionResources;
  runtimeTier: 'container' | 'vm';
  runAs?: { uid: number; gid: number };
  stopGraceSeconds: number;
}

export type SessionFailure =
  | { kind: 'spec-invalid'; retryable: false; detail: string }
  | { kind: 'denied-by-policy'; retryable: false; detail: string }
  | { kind: 'image-unavailable'; retryable: true }
  | { kind: 'runtime-unavailable'; retryable: true }
  | { kind: 'resources-exhausted'; retryable: true }
  | { kind: 'started-then-died'; retryable: false; exitCode?: number }
  | { kind: 'unknown'; retryable: false; opaqueRef: string };

export type SessionStatus =
  | { phase: 'preparing' }
  | { phase: 'ready' }
  | { phase: 'running' }
  | { phase: 'stopped' }
  | { phase: 'failed'; failure: SessionFailure };

export type SessionPhase = 'starting' | 'running' | 'terminal';

export interface SessionSnapshot {
  handle: SessionHandle;
  phase: SessionPhase;
  failure?: SessionFailure;
}

/** A hint to read the truth again. */
export interface SessionEvent {
  key: SessionKey;
  kind: 'terminal' | 'phase' | 'hint';
}

export interface SessionWatch {
  stop(): void;
}

export interface SessionExecSpec {
  bin: string;
  argsTty: string[];
  argsPlain: string[];
}

export interface SessionHandle {
  key: SessionKey;
  readonly name: string;
  start(): Promise<void>;
  status(): Promise<SessionStatus>;
  stop(reason: string): Promise<void>;
  execSpec(command: string[]): SessionExecSpec;
}

export interface DriverCapabilities {
  isolationTiers: ('container' | 'vm')[];
  admissionEnforced: boolean;
  networkPolicy: 'topology' | 'declarative';
  encryptedVolumes: boolean;
  unrealized: readonly (keyof SessionResources)[];
  sharedNetworkNamespace: boolean;
  auxiliaryContainers: boolean;
  imageBuild: boolean;
}

export interface SessionDriver {
  readonly kind: string;
  capabilities(): DriverCapabilities;
  ensureReady?(): Promise<void>;
  reconcileNetworkAccess?(access: NetworkAccessIntent): Promise<void>;
  prepare(spec: SessionSpec): Promise<SessionHandle>;
  listSessions(installSlug: string): Promise<SessionSnapshot[]>;
  watchSessions(installSlug: string, onEvent: (event: SessionEvent) => void): SessionWatch;
  reapResidue?(installSlug: string): Promise<void>;
}

/** The labels by which hosts find their sessions. */
export const LABELS = {
  install: 'nanoclaw-install',
  group: 'nanoclaw-group',
  session: 'nanoclaw-session',
  role: 'nanoclaw-role',
  groupFolder: 'nanoclaw-group-folder',
} as const;

/** The one role that is a session's agent. */
export const AGENT_ROLE = 'agent';
