/** The docker command lines that a host sends, besides `run`. */

/** The command line asks for what is not there; the message says what would be right. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface Stop {
  readonly names: readonly string[];
  readonly graceSeconds?: number;
}

export interface Ps {
  readonly all: boolean;
  /** By label of docker: name and value; without a value any is right. */
  readonly labels: readonly { readonly name: string; readonly value?: string }[];
  /** Each is a part of the name. */
  readonly names: readonly string[];
}

const MAX_GRACE_SECONDS = 3600;
const FILTERED_LABELS = ['nanoclaw-install', 'nanoclaw-group', 'nanoclaw-role'];

/** `stop [-t SECONDS] NAME...` */
export function parseStop(argv: readonly string[]): Stop {
  const { flags, words } = read(argv, { '-t': 'value', '--time': 'value', '--timeout': 'value' });
  if (words.length === 0) {
    throw new UsageError('stop names no container: write stop [-t SECONDS] NAME...');
  }
  const time = flags.at(-1)?.value;
  if (time === undefined) {
    return { names: words };
  }
  const graceSeconds = Number(time);
  if (!/^\d+$/.test(time) || graceSeconds > MAX_GRACE_SECONDS) {
    throw new UsageError(`stop -t is '${time}': write whole seconds from 0 to ${MAX_GRACE_SECONDS}`);
  }
  return { names: words, graceSeconds };
}

/** `ps [-a] [-q] [--filter KEY=VALUE]... [--format '{{.Names}}']`; prints one name a line. */
export function parsePs(argv: readonly string[]): Ps {
  const { flags, words } = read(argv, {
    '-a': 'switch',
    '--all': 'switch',
    '-q': 'switch',
    '--quiet': 'switch',
    '-f': 'value',
    '--filter': 'value',
    '--format': 'value',
    '--no-trunc': 'switch',
  });
  if (words.length > 0) {
    throw new UsageError(`ps has a word too many, '${words[0]}'`);
  }
  const labels: { name: string; value?: string }[] = [];
  const names: string[] = [];
  let all = false;
  for (const { flag, value } of flags) {
    if (flag === '-a' || flag === '--all') {
      all = true;
    } else if (flag === '-f' || flag === '--filter') {
      const [, key = '', text = ''] = /^([^=]*)=?(.*)$/s.exec(value) ?? [];
      if (key === 'label') {
        labels.push(label(text));
      } else if (key === 'name' && text !== '') {
        names.push(text.replace(/^\^?\/?|\$$/g, ''));
      } else if (!(key === 'status' && text === 'running')) {
        throw new UsageError(`ps --filter '${value}' is not known: use label=NAME=VALUE, name=PART or status=running`);
      }
    } else if (flag === '--format' && value !== '{{.Names}}') {
      throw new UsageError(`ps --format '${value}' is not known: use '{{.Names}}'`);
    }
  }
  return { all, labels, names };
}

function label(text: string): { name: string; value?: string } {
  const [name = '', ...value] = text.split('=');
  if (!FILTERED_LABELS.includes(name)) {
    throw new UsageError(`ps --filter label=${name} is not known: use one of ${FILTERED_LABELS.join(', ')}`);
  }
  return value.length === 0 ? { name } : { name, value: value.join('=') };
}

interface Flag {
  readonly flag: string;
  readonly value: string;
}

/** As docker reads them: `-t 1`, `-t1`, `--time 1`, `--time=1`, and `-aq` for two switches. */
function read(
  argv: readonly string[],
  known: Readonly<Record<string, 'value' | 'switch'>>,
): { flags: Flag[]; words: string[] } {
  const flags: Flag[] = [];
  const words: string[] = [];
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      return { flags, words: [...words, ...rest] };
    }
    if (!word.startsWith('-') || word === '-') {
      words.push(word);
      continue;
    }
    const long = word.startsWith('--');
    const equals = long ? word.indexOf('=') : -1;
    const flag = long ? (equals < 0 ? word : word.slice(0, equals)) : word.slice(0, 2);
    const attached = long ? (equals < 0 ? undefined : word.slice(equals + 1)) : word.slice(2) || undefined;
    const kind = known[flag];
    if (kind === undefined) {
      throw new UsageError(`${flag} is not known here: use one of ${Object.keys(known).join(', ')}`);
    }
    if (kind === 'switch') {
      flags.push({ flag, value: '' });
      if (!long && attached !== undefined) rest.unshift(`-${attached}`);
      continue;
    }
    const value = attached ?? rest.shift();
    if (value === undefined) {
      throw new UsageError(`${flag} has no value`);
    }
    flags.push({ flag, value: long ? value : value.replace(/^=/, '') });
  }
  return { flags, words };
}

/** Whether a word of `docker run` may be a switch that changes what the client itself does; the spawner tells for sure. */
export function mayConcernClient(argv: readonly string[]): boolean {
  return argv.some((word) => /^-[A-Za-z]*[id]/.test(word) || /^--(interactive|detach)(=|$)/.test(word));
}
