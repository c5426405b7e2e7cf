// npm makes a bin executable when it installs a package, but not in a checkout that a host links to.
import { chmodSync } from 'node:fs';

chmodSync(new URL('../dist/src/clawpod-run.js', import.meta.url), 0o755);
