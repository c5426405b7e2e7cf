// Does with dockerode what programs that use it do. Ends with 0 if all came to what it comes to with Docker.
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import Docker from 'dockerode';

const host = new URL(process.env.DOCKER_HOST);
const docker = new Docker({
  host: host.hostname,
  port: host.port,
  headers: { Authorization: `Bearer ${process.env.TOKEN}` },
});
const Image = process.env.IMAGE;

// Both streams of a multiplexed one, once it has ended.
async function apart(stream) {
  const out = new PassThrough();
  const err = new PassThrough();
  const ended = new Promise((resolve) => stream.once('end', resolve).once('close', resolve));
  docker.modem.demuxStream(stream, out, err);
  const texts = Promise.all([text(out), text(err)]);
  await ended;
  out.end();
  err.end();
  return texts;
}

async function status(call) {
  try {
    await call();
  } catch (failure) {
    assert.ok(failure.json.message, 'an error has a message');
    return failure.statusCode;
  }
  return 200;
}

assert.equal(String(await docker.ping()), 'OK');
assert.equal((await docker.version()).Os, 'linux');
assert.equal((await docker.info()).OSType, 'linux');

const happened = [];
const events = await docker.getEvents({ filters: { label: ['client=dockerode'] } });
events.on('data', (line) => happened.push(...String(line).trim().split('\n').map((each) => JSON.parse(each).Action)));

// Made, attached to, started, waited for.
const script = 'read -r line; sleep 1; echo "got $line"; echo trouble >&2; cat; exit 3';
const Labels = { client: 'dockerode' };
const made = { name: 'dockerode', Image, Cmd: ['bash', '-c', script], Labels, OpenStdin: true, StdinOnce: true };
const container = await docker.createContainer(made);
const stream = await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true });
const attached = apart(stream);
const end = container.wait({ condition: 'next-exit' });
await container.start();
stream.write('first\nrest\n');
stream.end();
assert.deepEqual(await attached, ['got first\nrest\n', 'trouble\n']);
assert.equal((await end).StatusCode, 3);

const seen = await container.inspect();
assert.equal(seen.Name, '/dockerode');
assert.equal(seen.State.Status, 'exited');
assert.equal(seen.State.ExitCode, 3);
const log = await apart(PassThrough.from(await container.logs({ stdout: true, stderr: true })));
assert.deepEqual(log[0].split('\n').sort(), ['', 'got first', 'rest', 'trouble']);

assert.equal(await status(() => docker.createContainer(made)), 409);
assert.equal(await status(() => docker.getContainer('nobody').inspect()), 404);
assert.equal(await status(() => docker.createContainer({ Image, HostConfig: { Privileged: true } })), 400);
await container.remove();

// One that runs on.
const running = await docker.createContainer({ name: 'dockerode-2', Image, Cmd: ['sleep', '1000'], Labels });
await running.start();
const listed = await docker.listContainers({ filters: { label: ['client=dockerode'], status: ['running'] } });
assert.deepEqual(listed.map((each) => each.Names), [['/dockerode-2']]);

const exec = await running.exec({ Cmd: ['cat'], AttachStdin: true, AttachStdout: true, AttachStderr: true });
const inside = await exec.start({ hijack: true, stdin: true });
const answered = apart(inside);
inside.write('typed\n');
inside.end();
assert.deepEqual(await answered, ['typed\n', '']);
assert.equal((await exec.inspect()).ExitCode, 0);

// A file in by a tar archive of one header and one block, and out again.
const name = 'one.txt';
const body = 'copied\n';
const header = Buffer.alloc(512);
header.write(name, 0);
header.write('0000644\0', 100);
header.write('0001750\0', 108);
header.write('0001750\0', 116);
header.write(`${body.length.toString(8).padStart(11, '0')}\0`, 124);
header.write('00000000000\0', 136);
header.write('        0', 148);
header.write('ustar\u000000', 257);
const sum = header.reduce((total, byte) => total + byte, 0);
header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
const block = Buffer.alloc(512);
block.write(body);
await running.putArchive(Buffer.concat([header, block, Buffer.alloc(1024)]), { path: '/tmp' });
const archive = await text(await running.getArchive({ path: `/tmp/${name}` }));
assert.ok(archive.startsWith(name) && archive.includes(body));

await running.stop({ t: 1 });
await running.remove({ force: true });
assert.equal(await status(() => running.inspect()), 404);

while (happened.filter((action) => action === 'destroy').length < 2) {
  await new Promise((resolve) => events.once('data', resolve));
}
events.destroy();
assert.deepEqual(happened.slice(0, 4), ['create', 'start', 'die', 'destroy']);
assert.deepEqual([happened[4], happened[5]], ['create', 'start']);
