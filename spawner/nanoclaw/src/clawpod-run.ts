#!/usr/bin/env node
/** Stands where a host expects `docker`: takes the same command lines and runs each agent as a pod. */
import { SpawnerApi } from './api.js';
import { command, ENGINE_FAILED, text, type Terminal } from './commands.js';
import { Feed } from './feed.js';
import { readSettings } from './settings.js';

const FAILED = 1;
const argv = process.argv.slice(2);

const err = (line: string): void => {
  process.stderr.write(`clawpod-run: ${line}\n`);
};

const interrupted = new AbortController();
for (const [signal, code] of [['SIGTERM', 143], ['SIGINT', 130]] as const) {
  process.on(signal, () => {
    // The first one asks for the agent's end; whoever sends a second one does not want to wait for it.
    if (interrupted.signal.aborted || argv[0] !== 'run') {
      process.exit(code);
    }
    interrupted.abort();
  });
}

// Nobody reads any more: the host is gone. Its agent goes on, and the host that comes after it finds it.
process.stdout.on('error', () => process.exit(FAILED));
process.stderr.on('error', () => undefined);

const terminal: Terminal = {
  out: (bytes) =>
    new Promise((resolve) => {
      process.stdout.write(bytes, () => resolve());
    }),
  err,
  interrupted: interrupted.signal,
};

try {
  const settings = readSettings();
  const api = new SpawnerApi(settings);
  const feed = new Feed({
    open: (lastEventId, signal) => api.watch(lastEventId, signal),
    lookup: (install, key) => api.get(install, key),
    log: err,
  });
  const { install } = settings;
  process.exitCode = await command(argv, { api, feed, terminal, ...(install ? { install } : {}) });
} catch (failure) {
  err(text(failure));
  process.exitCode = argv[0] === 'run' ? ENGINE_FAILED : FAILED;
}
// Kept connections would hold the process for seconds.
process.exit();
