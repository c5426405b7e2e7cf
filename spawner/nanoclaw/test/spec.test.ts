import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SessionSpec } from '../src/session-driver.js';
import { hostAliases, podName, toSpawnerSpec } from '../src/spec.js';
import { hostSpec } from './host-spec.js';

test("a host's session is this session of the spawner", () => {
  assert.deepEqual(toSpawnerSpec(hostSpec()), {
    group: 'ag-1',
    role: 'agent',
    image: 'agent:1',
    command: ['bash'],
    args: ['-c', 'exec bun run /app/src/index.ts'],
    env: { TZ: 'UTC', A: '2', ANTHROPIC_AUTH_TOKEN: 'placeholder' },
    mounts: [
      { hostPath: '/h/data', containerPath: '/workspace', readOnly: false },
      { hostPath: '/h/src', containerPath: '/app/src', readOnly: true },
    ],
    user: '1001:1001',
    resources: { cpu: '1.5', memory: '512Mi', shmSize: '1024Mi' },
    labels: {
      'nanoclaw-group-folder': 'family',
      'nanoclaw-container-name': 'nanoclaw-v2-family-1769000000000',
      'nanoclaw-session': 'sess-1',
    },
  });
});

type Agent = SessionSpec['containers'][number];
const CHANGES: readonly [string, (spec: SessionSpec, agent: Agent) => void, object][] = [
  ['nothing but what must be', (spec) => Object.assign(spec, { resources: {}, networkAccess: undefined }), { resources: undefined }],
  [
    'another name of the gateway',
    (spec) => (spec.networkAccess = { endpoint: 'gateway.local', target: { kind: 'host' } }),
    { hostAliases: [{ hostname: 'gateway.local', address: 'host-gateway' }] },
  ],
  ['our own labels given once more', (spec) => (spec.labels['nanoclaw-role'] = 'agent'), { role: 'agent' }],
  ["the container's own label", (_spec, agent) => (agent.labels = { x: 'y' }), {}],
];

for (const [name, change, expected] of CHANGES) {
  test(`a session with ${name}`, () => {
    const spec = hostSpec();
    change(spec, spec.containers[0] as Agent);
    const made: object = toSpawnerSpec(spec);
    for (const [field, value] of Object.entries(expected)) {
      assert.deepEqual(made[field as keyof typeof made], value);
    }
  });
}

const REFUSED: readonly [string, (spec: SessionSpec, agent: Agent) => void, RegExp][] = [
  ['no agent', (spec) => (spec.containers = []), /exactly one agent/],
  ['two agents', (spec, agent) => spec.containers.push(agent), /exactly one agent/],
  ['a container beside the agent', (spec, agent) => spec.containers.push({ ...agent, role: 'proxy' }), /no place for: proxy/],
  ['a virtual machine', (spec) => (spec.runtimeTier = 'vm'), /runtimeTier 'vm'/],
  ['no network', (spec) => (spec.network = 'none'), /network 'none' would cut the agent off/],
  ['a folder that is no label', (spec) => (spec.labels['nanoclaw-group-folder'] = 'a/b'), /nanoclaw-group-folder is a\/b/],
  ['a label of another install', (spec) => (spec.labels['nanoclaw-install'] = 'x'), /nanoclaw-install is x/],
  [
    'a gateway in a container',
    (spec) => (spec.networkAccess = { endpoint: 'g', target: { kind: 'session-container', role: 'proxy' } }),
    /'session-container' cannot be reached/,
  ],
];

for (const [name, change, message] of REFUSED) {
  test(`refused with its name: ${name}`, () => {
    const spec = hostSpec();
    change(spec, spec.containers[0] as Agent);
    assert.throws(() => toSpawnerSpec(spec), (error: Error & { kind?: string }) => error.kind === 'spec-invalid' && message.test(error.message));
  });
}

test('a gateway that is a container of the runtime is refused', () => {
  assert.throws(() => hostAliases({ endpoint: 'g', target: { kind: 'runtime', identity: 'x' } }), /'runtime' cannot be reached/);
});

// As in common's SessionKeyTest: the two must agree, since the host writes the name into its log.
const NAMES: readonly [string, RegExp][] = [
  ['Family_Chat-1769000000000', /^family-chat-1769000000000-[0-9a-f]{10}$/],
  ['___', /^session-[0-9a-f]{10}$/],
  [`a${'-'.repeat(60)}b`, /^a-b-[0-9a-f]{10}$/],
  ['x'.repeat(80), /^x{48}-[0-9a-f]{10}$/],
];

for (const [sessionId, name] of NAMES) {
  test(`the pod of ${sessionId} matches ${name}`, () => {
    assert.match(podName({ installSlug: 'i', agentGroupId: 'g', sessionId }), name);
  });
}
