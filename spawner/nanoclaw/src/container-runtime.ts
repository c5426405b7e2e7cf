/**
 * What the host's own src/container-runtime.ts exports, for hosts that have no SessionDriver yet. With CONTAINER_RUNTIME=k8s
 * the host's `docker` is clawpod-run; else it is docker, as ever.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const INFO_WITHIN_MS = 40_000;
const CLAWPOD_RUN = fileURLToPath(new URL('./clawpod-run.js', import.meta.url));

/** The program that takes docker's command lines. */
export const CONTAINER_RUNTIME_BIN = runtimeBin(setting('CONTAINER_RUNTIME'));

/** The name by which an agent reaches its gateway: here the credential proxy. */
export const CONTAINER_HOST_GATEWAY = 'host.docker.internal';

/** Where a v1 host's own credential proxy listens: where only Docker's containers reach it, and with pods nobody does. */
export const PROXY_BIND_HOST = process.env['CREDENTIAL_PROXY_HOST'] || proxyBindHost();

function proxyBindHost(): string {
  const docker = os.networkInterfaces()['docker0']?.find((address) => address.family === 'IPv4')?.address;
  // Docker Desktop forwards to loopback; there is no docker0 on such a machine.
  const desktop = os.platform() === 'darwin' || existsSync('/proc/sys/fs/binfmt_misc/WSLInterop');
  return CONTAINER_RUNTIME_BIN === CLAWPOD_RUN || desktop ? '127.0.0.1' : (docker ?? '0.0.0.0');
}

function runtimeBin(runtime: string | undefined): string {
  switch (runtime) {
    case 'k8s':
      return CLAWPOD_RUN;
    case undefined:
    case '':
    case 'docker':
      return 'docker';
    default:
      throw new Error(`CONTAINER_RUNTIME is '${runtime}': use k8s or docker`);
  }
}

/** From the environment, else from the host's `.env`, as the host reads its own settings. */
function setting(name: string): string | undefined {
  const given = process.env[name]?.trim();
  if (given) {
    return given;
  }
  try {
    const line = new RegExp(`^\\s*${name}\\s*=\\s*(["']?)(.*?)\\1\\s*$`, 'm');
    return line.exec(readFileSync(path.join(process.cwd(), '.env'), 'utf8'))?.[2];
  } catch {
    return undefined;
  }
}

export function hostGatewayArgs(): string[] {
  return os.platform() === 'linux' || CONTAINER_RUNTIME_BIN === CLAWPOD_RUN
    ? [`--add-host=${CONTAINER_HOST_GATEWAY}:host-gateway`]
    : [];
}

export function readonlyMountArgs(hostPath: string, containerPath: string): string[] {
  return ['-v', `${hostPath}:${containerPath}:ro`];
}

/** Blocks until it has stopped. Fails for a name that no container can have. */
export function stopContainer(name: string, timeoutSec = 1): void {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name)) {
    throw new Error(`Invalid container name: ${name}`);
  }
  if (!Number.isInteger(timeoutSec) || timeoutSec < 0) {
    throw new Error(`Invalid stop timeout: ${timeoutSec}`);
  }
  execFileSync(CONTAINER_RUNTIME_BIN, ['stop', '-t', String(timeoutSec), name], { stdio: 'pipe' });
}

/** Fails, with the runtime's own words, if agents cannot be run. */
export function ensureContainerRuntimeRunning(): void {
  try {
    execFileSync(CONTAINER_RUNTIME_BIN, ['info'], { stdio: 'pipe', timeout: INFO_WITHIN_MS });
  } catch (failure) {
    const words = (failure as { stderr?: Buffer }).stderr?.toString().trim();
    const name = path.basename(CONTAINER_RUNTIME_BIN, '.js');
    console.error(`FATAL: agents cannot run: ${words || `${name} info failed`}`);
    throw new Error('Container runtime is required but failed to start', { cause: failure });
  }
}

/** Stops what earlier runs of this install have left, and of no other. */
export function cleanupOrphans(): void {
  try {
    const label = `label=nanoclaw-install=${installSlug()}`;
    const listed = execFileSync(CONTAINER_RUNTIME_BIN, ['ps', '--filter', label, '--format', '{{.Names}}'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    });
    for (const name of listed.split('\n').filter((line) => line !== '')) {
      try {
        stopContainer(name);
      } catch {
        // It has stopped by itself.
      }
    }
  } catch (failure) {
    const words = (failure as { stderr?: string }).stderr?.trim();
    console.warn(`cannot clean up orphaned containers: ${words || String(failure)}`);
  }
}

/** As the host computes it for its label (src/install-slug.ts). */
function installSlug(): string {
  return process.env['NANOCLAW_INSTALL_ID'] || createHash('sha1').update(process.cwd()).digest('hex').slice(0, 8);
}
