import type { SessionSpec } from '../src/session-driver.js';

/** A session as a host composes one. */
export function hostSpec(): SessionSpec {
  return {
    key: { installSlug: '3f2a9c1e', agentGroupId: 'ag-1', sessionId: 'sess-1' },
    labels: { 'nanoclaw-group-folder': 'family', 'nanoclaw-container-name': 'nanoclaw-v2-family-1769000000000' },
    containers: [
      {
        role: 'agent',
        image: 'agent:1',
        env: { TZ: 'UTC', A: '1' },
        contributedEnv: { A: '2', ANTHROPIC_AUTH_TOKEN: 'placeholder' },
        command: ['bash'],
        args: ['-c', 'exec bun run /app/src/index.ts'],
        mounts: [
          { class: 'group-state', hostPath: '/h/data', containerPath: '/workspace', mode: 'rw', groupScope: 'ag-1' },
          { class: 'install-surface', hostPath: '/h/src', containerPath: '/app/src', mode: 'ro', groupScope: 'ag-1' },
        ],
      },
    ],
    network: 'shared-private',
    networkAccess: { endpoint: 'host.docker.internal', target: { kind: 'host' } },
    hardening: 'standard',
    resources: { memoryMb: 512, cpus: '1.5', pidsLimit: 100, shmSizeMb: 1024 },
    runtimeTier: 'container',
    runAs: { uid: 1001, gid: 1001 },
    stopGraceSeconds: 1,
  };
}
