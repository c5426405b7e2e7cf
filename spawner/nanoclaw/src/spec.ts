/** From the host's session to the spawner's. */
import { createHash } from 'node:crypto';
import { failureError } from './failures.js';
import {
  AGENT_ROLE,
  LABELS,
  type ContainerSpec,
  type NetworkAccessIntent,
  type SessionKey,
  type SessionSpec,
} from './session-driver.js';

/** What `PUT /v1/sessions/{install}/{key}` takes. */
export interface SpawnerSpec {
  group: string;
  role: string;
  image: string;
  command?: string[];
  args?: string[];
  env: Record<string, string>;
  /** `content` is a small file's, as base64; then nothing need be at `hostPath`. */
  mounts: { hostPath: string; containerPath: string; readOnly: boolean; content?: string }[];
  user?: string;
  resources?: { cpu?: string; memory?: string; shmSize?: string };
  hostAliases?: { hostname: string; address: string }[];
  labels: Record<string, string>;
}

/** The spawner gives it to every agent. */
const HOST_ALIAS = 'host.docker.internal';
const LABEL_VALUE = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

/** Fails with kind spec-invalid for what no pod of the spawner can be. */
export function toSpawnerSpec(spec: SessionSpec): SpawnerSpec {
  const agent = onlyAgent(spec);
  const { memoryMb, cpus, shmSizeMb } = spec.resources;
  const resources = {
    ...(cpus === undefined ? {} : { cpu: cpus }),
    ...(memoryMb === undefined ? {} : { memory: `${memoryMb}Mi` }),
    ...(shmSizeMb === undefined ? {} : { shmSize: `${shmSizeMb}Mi` }),
  };
  const aliases = spec.networkAccess === undefined ? [] : hostAliases(spec.networkAccess);
  return {
    group: spec.key.agentGroupId,
    role: AGENT_ROLE,
    image: agent.image,
    ...(agent.command?.length ? { command: agent.command } : {}),
    ...(agent.args?.length ? { args: agent.args } : {}),
    env: { ...agent.env, ...agent.contributedEnv },
    mounts: agent.mounts.map((mount) => ({
      hostPath: mount.hostPath,
      containerPath: mount.containerPath,
      readOnly: mount.mode === 'ro',
    })),
    ...(spec.runAs ? { user: `${spec.runAs.uid}:${spec.runAs.gid}` } : {}),
    ...(Object.keys(resources).length === 0 ? {} : { resources }),
    ...(aliases.length === 0 ? {} : { hostAliases: aliases }),
    labels: labels(spec, agent),
  };
}

function onlyAgent(spec: SessionSpec): ContainerSpec {
  const agents = spec.containers.filter((container) => container.role === AGENT_ROLE);
  const [agent] = agents;
  if (agent === undefined || agents.length > 1) {
    throw failureError('spec-invalid', 'the spec must carry exactly one agent container');
  }
  if (spec.containers.length > 1) {
    const roles = spec.containers.map((container) => container.role).filter((role) => role !== AGENT_ROLE);
    throw failureError('spec-invalid', `a pod of the spawner has one container, so there is no place for: ${roles.join(', ')}`);
  }
  if (spec.runtimeTier !== 'container') {
    throw failureError('spec-invalid', `runtimeTier '${spec.runtimeTier}' is not one of [container]`);
  }
  if (spec.network === 'none') {
    throw failureError('spec-invalid', "network 'none' would cut the agent off, also from the credential proxy");
  }
  return agent;
}

/** Each label of ours that is a field is not given twice; the group's folder must reach the pod letter by letter. */
function labels(spec: SessionSpec, agent: ContainerSpec): Record<string, string> {
  const all: Record<string, string> = { ...spec.labels, ...agent.labels };
  const fields: Record<string, string> = {
    [LABELS.install]: spec.key.installSlug,
    [LABELS.group]: spec.key.agentGroupId,
    [LABELS.role]: AGENT_ROLE,
  };
  for (const [name, value] of Object.entries(fields)) {
    if (all[name] !== undefined && all[name] !== value) {
      throw failureError('spec-invalid', `label ${name} is ${all[name]}, but the session's is ${value}`);
    }
    delete all[name];
  }
  const folder = all[LABELS.groupFolder];
  if (folder !== undefined && !LABEL_VALUE.test(folder)) {
    throw failureError('spec-invalid', `label ${LABELS.groupFolder} is ${folder}, which is no Kubernetes label value`);
  }
  return { ...all, [LABELS.session]: spec.key.sessionId };
}

/** Fails with kind spec-invalid for a destination that is no place in the cluster. */
export function hostAliases(access: NetworkAccessIntent): { hostname: string; address: string }[] {
  if (access.target.kind !== 'host') {
    throw failureError(
      'spec-invalid',
      `networkAccess.target.kind '${access.target.kind}' cannot be reached from a pod: use a gateway on the host`,
    );
  }
  // What a Docker host calls its gateway is the credential proxy here.
  return access.endpoint === HOST_ALIAS ? [] : [{ hostname: access.endpoint, address: 'host-gateway' }];
}

/** The name of the session's pod (common's SessionKey.podName). */
export function podName(key: SessionKey): string {
  const digest = createHash('sha256').update(`${key.installSlug}\0${key.sessionId}`).digest('hex').slice(0, 10);
  const slug = key.sessionId
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, 48)
    .replace(/-+$/, '');
  return `${slug || 'session'}-${digest}`;
}
