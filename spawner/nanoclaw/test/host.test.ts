/** The host's side of the seam, with the types that it has: this file compiles only while the driver is one of the host's. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { register } from '../src/register.js';
import type { DriverCapabilities, SessionSpec } from '../src/session-driver.js';

interface HostPolicy {
  groupsRoot: string;
  surfaceRoots: string[];
}

type HostMount = Omit<SessionSpec['containers'][number]['mounts'][number], 'class'> & {
  class: 'group-state' | 'install-surface' | 'identity-material' | 'gateway-trust' | 'allowlisted-extra';
};

interface HostSpec extends Omit<SessionSpec, 'containers' | 'networkAccess'> {
  containers: (Omit<SessionSpec['containers'][number], 'mounts'> & { mounts: HostMount[] })[];
  networkAccess: NonNullable<SessionSpec['networkAccess']>;
}

interface HostHandle {
  key: { installSlug: string; agentGroupId: string; sessionId: string };
  readonly name: string;
  start(): Promise<void>;
  status(): Promise<{ phase: 'preparing' | 'ready' | 'running' | 'stopped' | 'failed' }>;
  stop(reason: string): Promise<void>;
  execSpec(command: string[]): { bin: string; argsTty: string[]; argsPlain: string[] };
}

interface HostDriver {
  readonly kind: string;
  capabilities(): DriverCapabilities;
  ensureReady?(): Promise<void>;
  reconcileNetworkAccess?(access: HostSpec['networkAccess']): Promise<void>;
  prepare(spec: HostSpec): Promise<HostHandle>;
  listSessions(installSlug: string): Promise<{ handle: HostHandle; phase: 'starting' | 'running' | 'terminal' }[]>;
  watchSessions(
    installSlug: string,
    onEvent: (event: { key: HostHandle['key']; kind: 'terminal' | 'phase' | 'hint' }) => void,
  ): { stop(): void };
  reapResidue?(installSlug: string): Promise<void>;
}

const registry = new Map<string, (policy: HostPolicy) => HostDriver>();

function registerSessionDriver(kind: string, factory: (policy: HostPolicy) => HostDriver): void {
  assert.ok(!registry.has(kind));
  registry.set(kind, factory);
}

const checked: [HostSpec, HostPolicy, DriverCapabilities | undefined][] = [];

function validateSpec(spec: HostSpec, policy: HostPolicy, capabilities?: DriverCapabilities): void {
  checked.push([spec, policy, capabilities]);
  throw new Error('denied by the host');
}

test("the driver takes part in the host's registry, and the host's own check comes first", async (t) => {
  register(registerSessionDriver, validateSpec);
  assert.deepEqual([...registry.keys()], ['clawpod', 'k8s']);
  const host = mkdtempSync(path.join(os.tmpdir(), 'clawpod-host-'));
  const before = process.cwd();
  t.after(() => {
    process.chdir(before);
    rmSync(host, { recursive: true });
  });
  process.chdir(host);
  const policy: HostPolicy = { groupsRoot: '/g', surfaceRoots: [] };
  const saved = process.env['CLAWPOD_URL'];
  delete process.env['CLAWPOD_URL'];
  t.after(() => {
    if (saved !== undefined) process.env['CLAWPOD_URL'] = saved;
  });
  assert.throws(() => registry.get('k8s')?.(policy), /CLAWPOD_URL is missing/);
  writeFileSync('.env', 'CLAWPOD_URL=http://127.0.0.1:9\nCLAWPOD_TOKEN=x\n');
  const driver = registry.get('k8s')?.(policy);
  assert.ok(driver);
  assert.equal(driver.kind, 'clawpod');
  const spec = { containers: [] } as unknown as HostSpec;
  await assert.rejects(driver.prepare(spec), /denied by the host/);
  assert.deepEqual(checked, [[spec, policy, driver.capabilities()]]);
});
