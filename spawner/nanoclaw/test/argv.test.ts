import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayConcernClient, parsePs, parseStop, UsageError } from '../src/argv.js';

const STOPS: readonly [string, object | RegExp][] = [
  ['stop a', { names: ['a'] }],
  ['stop -t 1 a', { names: ['a'], graceSeconds: 1 }],
  ['stop -t1 a b', { names: ['a', 'b'], graceSeconds: 1 }],
  ['stop --time=30 a', { names: ['a'], graceSeconds: 30 }],
  ['stop --timeout 0 a', { names: ['a'], graceSeconds: 0 }],
  ['stop', /names no container/],
  ['stop -t', /-t has no value/],
  ['stop -t -1 a', /-t is '-1'/],
  ['stop -t 3601 a', /-t is '3601'/],
  ['stop -s TERM a', /-s is not known/],
];

const PS: readonly [string, object | RegExp][] = [
  ['ps', { all: false, labels: [], names: [] }],
  ['ps -aq', { all: true, labels: [], names: [] }],
  [
    'ps --filter label=nanoclaw-install=3f2a9c1e --format {{.Names}}',
    { all: false, labels: [{ name: 'nanoclaw-install', value: '3f2a9c1e' }], names: [] },
  ],
  ['ps --filter name=nanoclaw- -f status=running', { all: false, labels: [], names: ['nanoclaw-'] }],
  ['ps -f label=nanoclaw-role', { all: false, labels: [{ name: 'nanoclaw-role' }], names: [] }],
  ['ps --filter label=other=1', /label=other is not known/],
  ['ps --filter ancestor=x', /'ancestor=x' is not known/],
  ['ps --format {{json.}}', /--format '\{\{json\.\}\}' is not known/],
  ['ps x', /a word too many/],
];

for (const [cases, parse] of [[STOPS, parseStop], [PS, parsePs]] as const) {
  for (const [line, expected] of cases) {
    test(line, () => {
      const argv = line.split(' ').slice(1);
      if (expected instanceof RegExp) {
        assert.throws(() => parse(argv), (error) => error instanceof UsageError && expected.test(error.message));
      } else {
        assert.deepEqual(parse(argv), expected);
      }
    });
  }
}

const CLIENT: readonly [string[], boolean][] = [
  [['run', '-i', '--rm', 'image'], true],
  [['run', '-ti', 'image'], true],
  [['run', '--interactive=true', 'image'], true],
  [['run', '-d', 'image'], true],
  [['run', '--rm', '-e', 'A=1', '--init', '--entrypoint', 'bash', 'image', '-c', 'exec x'], false],
];

for (const [argv, may] of CLIENT) {
  test(`${argv.join(' ')} ${may ? 'may concern' : 'does not concern'} the client`, () => {
    assert.equal(mayConcernClient(argv), may);
  });
}
