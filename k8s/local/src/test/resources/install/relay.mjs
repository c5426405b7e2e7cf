// Stands between a proxy and the API server. POST /hold lets nothing more through to the client on each connection on which
// the client has been silent for longer than a probe's interval, which is what a watch does; others, and new ones, pass.
import { createServer as http } from 'node:http';
import { connect, createServer } from 'node:net';

const SILENT_MS = 6000;
const open = new Set();
createServer((client) => {
  const server = connect(443, 'kubernetes.default.svc.cluster.local');
  const pair = { client, server, spoke: Date.now() };
  open.add(pair);
  client.on('data', () => { pair.spoke = Date.now(); });
  client.pipe(server).pipe(client);
  for (const end of [client, server]) {
    end.on('error', () => {});
    end.on('close', () => { open.delete(pair); client.destroy(); server.destroy(); });
  }
}).listen(6443);

http((request, response) => {
  const silent = [...open].filter(({ spoke }) => Date.now() - spoke > SILENT_MS);
  for (const { client, server } of silent) server.unpipe(client).pause();
  response.end(String(silent.length));
}).listen(8080);
