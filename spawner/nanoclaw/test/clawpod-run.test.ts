import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, test } from 'node:test';
import { clawpodRun, deletePod, hostArgv, IMAGE, podNames, Run, Signal, startSpawner, stopSpawner, WITHOUT_SPAWNER } from './real-spawner.js';
import { podName } from '../src/spec.js';

const INSTALL = '3f2a9c1e';
const PS = ['ps', '--filter', `label=nanoclaw-install=${INSTALL}`, '--format', '{{.Names}}'];

const podOf = (name: string): string => podName({ installSlug: INSTALL, agentGroupId: '', sessionId: name });

// The bound of a describe is one for all its tests together.
const EACH = { timeout: 40_000 };

describe('clawpod-run on the real spawner', { skip: WITHOUT_SPAWNER, timeout: 240_000 }, () => {
  afterEach(() => Run.killAll());

  test('the words of a v2.0.64 host run an agent, whose output and exit code come back', EACH, async () => {
    const run = await clawpodRun(hostArgv('nanoclaw-v2-Family_Chat-1', 'printf "one\\ntwo ü"; echo err >&2; exit 7'));
    assert.deepEqual([...run.stdout.matchAll(/one|two ü|err/g)].map(([word]) => word).sort(), ['err', 'one', 'two ü']);
    assert.equal(run.code, 7, run.stderr);
    assert.match(run.stderr, /^clawpod-run: /m);
  });

  test('a signal that ends the agent is 128 and its number', EACH, async () => {
    const run = await clawpodRun(hostArgv('signalled', 'kill -KILL $$'));
    assert.equal(run.code, 137, run.stderr);
  });

  const REFUSED: readonly [string, (argv: string[]) => string[], RegExp][] = [
    ['stdin', (argv) => ['run', '-i', ...argv.slice(1)], /run -i sends standard input to the agent.*DOCKER_HOST.*Nothing was made/],
    ['stdin among other switches, and no install', () => ['run', '-ti', '--rm', '--name', 'refused', IMAGE], /run -i sends standard input/],
    ['a flag that no pod can have', (argv) => ['run', '-p', '80:80', ...argv.slice(1)], /refused -p: /],
    ['a folder outside the rules', (argv) => ['run', '-v', '/etc:/x', ...argv.slice(1)], /invalid-spec: .*hostPath/],
    ['a real credential', (argv) => ['run', '-e', 'X_TOKEN=hunter2', ...argv.slice(1)], /looks like a real credential/],
  ];
  for (const [name, change, message] of REFUSED) {
    test(`125, and nothing is made: ${name}`, EACH, async () => {
      const run = await clawpodRun(change(hostArgv('refused', 'true')));
      assert.equal(run.code, 125);
      assert.match(run.stderr, message);
      assert.ok(!run.stderr.includes('hunter2'));
      assert.ok(!(await podNames()).includes(podOf('refused')));
    });
  }

  const BROKEN: readonly [string, NodeJS.ProcessEnv, RegExp][] = [
    ['a wrong token', { CLAWPOD_TOKEN_FILE: '', CLAWPOD_TOKEN: 'wrong-token' }, /unauthenticated: /],
    ['no spawner there', { CLAWPOD_URL: 'http://127.0.0.1:9' }, /cannot reach the spawner at http:\/\/127.0.0.1:9: ECONNREFUSED/],
    ['no settings', { CLAWPOD_URL: '', CLAWPOD_TOKEN_FILE: '' }, /CLAWPOD_URL is missing.*CLAWPOD_TOKEN_FILE is missing/],
  ];
  for (const [name, env, message] of BROKEN) {
    test(`each command fails and says why: ${name}`, EACH, async () => {
      for (const [argv, code] of [[hostArgv('broken', 'true'), 125], [['info'], 1], [PS, 1], [['stop', '-t', '1', 'x'], 1]] as const) {
        const run = await clawpodRun(argv, env);
        assert.equal(run.code, code);
        assert.equal(run.stdout, '');
        assert.match(run.stderr, message);
        assert.ok(!run.stderr.includes('wrong-token'));
      }
    });
  }

  test('an image that cannot be had is 125, and nothing is left', EACH, async () => {
    const argv = hostArgv('no-image', 'true').map((word) => (word === IMAGE ? 'nowhere:1' : word));
    const run = await clawpodRun(argv);
    assert.equal(run.code, 125);
    assert.match(run.stderr, /the image cannot be had: /);
    assert.equal((await clawpodRun(['ps', ...PS.slice(1)])).stdout.includes('no-image'), false);
  });

  test('the host finds what runs, stops it, and the run ends with the code of its end', EACH, async () => {
    const run = new Run(hostArgv('nanoclaw-v2-x-2', 'trap "echo bye; exit 143" TERM; echo up; while :; do sleep 0.02; done'));
    await run.says('up\n');
    assert.equal((await clawpodRun(PS)).stdout, 'nanoclaw-v2-x-2\n');
    assert.equal((await clawpodRun(['ps', '-q', '--filter', 'name=nanoclaw-v2-x'], { CLAWPOD_INSTALL: INSTALL })).stdout, 'nanoclaw-v2-x-2\n');
    assert.equal((await clawpodRun(['ps', '--filter', 'label=nanoclaw-install=other'])).stdout, '');
    const stop = await clawpodRun(['stop', '-t', '5', 'nanoclaw-v2-x-2']);
    assert.deepEqual([stop.code, stop.stdout], [0, 'nanoclaw-v2-x-2\n'], stop.stderr);
    assert.equal(await run.ended, 143, run.stderr);
    assert.match(run.stdout, /up\nbye\n/);
    assert.equal((await clawpodRun(PS)).stdout, '');
    const again = await clawpodRun(['stop', 'nanoclaw-v2-x-2']);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /No such container: nanoclaw-v2-x-2/);
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`${signal} stops the session`, EACH, async () => {
      const run = new Run(hostArgv(`by-${signal}`, 'trap "exit 5" TERM; echo up; while :; do sleep 0.02; done'));
      await run.says('up\n');
      run.kill(signal);
      assert.equal(await run.ended, 5, run.stderr);
      assert.ok(!(await podNames()).includes(podOf(`by-${signal}`)));
    });
  }

  test('killed, it leaves the pod; the same words follow it again to its end', EACH, async () => {
    const go = new Signal('killed-go');
    const argv = hostArgv('killed', `echo first; ${go.awaiting}; echo second; exit 4`);
    const run = new Run(argv);
    await run.says('first\n');
    run.kill('SIGKILL');
    assert.equal(await run.ended, 'SIGKILL');
    const second = new Run(argv);
    await second.says('is there already with the same spec');
    go.give();
    assert.equal(await second.ended, 4, second.stderr);
    assert.equal(second.stdout, 'first\nsecond\n');
  });

  test('-d gives the name and does not wait', EACH, async () => {
    const run = await clawpodRun(['run', '-d', ...hostArgv('detached', 'sleep 60').slice(1)]);
    assert.deepEqual([run.code, run.stdout], [0, 'detached\n'], run.stderr);
    assert.equal((await clawpodRun(['stop', '-t', '0', 'detached'])).code, 0);
  });

  test('a spawner that goes and comes back costs no output and no exit code', EACH, async () => {
    const [half, go] = [new Signal('restart-half'), new Signal('restart-go')];
    const count = 'for i in 1 2 3 4 5 6 7 8 9; do echo line $i; done';
    const run = new Run(hostArgv('restarted', `echo begin; ${half.awaiting}; ${count}; ${go.awaiting}; echo end; exit 6`));
    await run.says('begin\n');
    const waiting = new Run(hostArgv('restarted-and-stopped', 'trap "exit 9" TERM; echo up; while :; do sleep 0.02; done'));
    await waiting.says('up\n');
    await stopSpawner();
    half.give();
    await run.says('is lost');
    const stopped = new Run(hostArgv('restarted', 'never read'));
    assert.equal(await stopped.ended, 125);
    waiting.kill('SIGTERM');
    await waiting.says('cannot stop it yet: cannot reach the spawner');
    await startSpawner();
    // A new spawner knows nothing of a pod that went before anyone asked it, so its code may be lost.
    assert.ok([9, 137].includes(Number(await waiting.ended)), waiting.stderr);
    assert.ok(!(await podNames()).includes(podOf('restarted-and-stopped')));
    go.give();
    assert.equal(await run.ended, 6, run.stderr);
    const lines = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => `line ${n}\n`).join('');
    assert.equal(run.stdout, `begin\n${lines}end\n`);
    assert.match(run.stderr, /stands again/);
  });

  test('a pod that somebody deletes ends the run', EACH, async () => {
    const run = new Run(hostArgv('deleted', 'echo up; sleep 60'));
    await run.says('up\n');
    await deletePod(podOf('deleted'));
    assert.equal(typeof (await run.ended), 'number');
    assert.notEqual(await run.ended, 0, run.stderr);
  });

  const UNKNOWN: readonly [string[], RegExp][] = [
    [['build', '-t', 'x', '.'], /build is not done here/],
    [['inspect', 'x'], /'inspect' is no command here/],
    [[], /'' is no command here/],
    [['ps'], /ps names no install/],
  ];
  for (const [argv, message] of UNKNOWN) {
    test(`told plainly: ${argv.join(' ')}`, EACH, async () => {
      const run = await clawpodRun(argv);
      assert.equal(run.code, 1);
      assert.match(run.stderr, message);
    });
  }

  test("info is the host's check at its start", EACH, async () => {
    const run = await clawpodRun(['info']);
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, /^Spawner: http/m);
  });

  test("the host's module: CONTAINER_RUNTIME=k8s makes its docker clawpod-run", EACH, async () => {
    const host = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'clawpod-host-')));
    const slug = createHash('sha1').update(host).digest('hex').slice(0, 8);
    const argv = hostArgv('orphan', 'sleep 60').map((word) => word.replace(`nanoclaw-install=${INSTALL}`, `nanoclaw-install=${slug}`));
    assert.equal((await clawpodRun(['run', '-d', ...argv.slice(1)])).code, 0);
    const script = path.join(host, 'host.mjs');
    writeFileSync(
      script,
      `import * as runtime from '${new URL('../src/container-runtime.js', import.meta.url)}';
       runtime.ensureContainerRuntimeRunning();
       runtime.cleanupOrphans();
       console.log(JSON.stringify([runtime.CONTAINER_RUNTIME_BIN, runtime.hostGatewayArgs(), runtime.readonlyMountArgs('/a', '/b')]));`,
    );
    try {
      const said = execFileSync(process.execPath, [script], { cwd: host, env: { ...process.env, CONTAINER_RUNTIME: 'k8s' }, encoding: 'utf8' });
      const [bin, gateway, mount] = JSON.parse(said) as [string, string[], string[]];
      assert.match(bin, /\/clawpod-run\.js$/);
      assert.deepEqual([gateway, mount], [['--add-host=host.docker.internal:host-gateway'], ['-v', '/a:/b:ro']]);
      assert.equal((await clawpodRun(['ps', '--filter', `label=nanoclaw-install=${slug}`])).stdout, '');
      const environment = { ...process.env, CONTAINER_RUNTIME: 'podman' };
      assert.throws(() => execFileSync(process.execPath, [script], { cwd: host, env: environment, stdio: 'pipe' }), /use k8s or docker/);
    } finally {
      rmSync(host, { recursive: true });
    }
  });
});
