// Stands between a proxy and the API server. POST /hold waits for longer than a probe's interval, and then lets nothing more
// through to the client on each connection that was there before and on which the client said nothing meanwhile. A watch is
// always one of these; a pooled connection without a call may be another. All others, and new ones, pass.
import { createServer as http } from 'node:http';
import { connect, createServer } from 'node:net';

const SILENT_MS = 6000;
const open = new Set();
createServer((client) => {
  const server = connect(443, 'kubernetes.default.svc.cluster.local');
  const pair = { client, server, silent: false };
  open.add(pair);
  client.on('data', () => { pair.silent = false; });
  client.pipe(server).pipe(client);
  for (const end of [client, server]) {
    end.on('error', () => {});
    end.on('close', () => { open.delete(pair); client.destroy(); server.destroy(); });
  }
}).listen(6443);

http((request, response) => {
  for (const pair of open) pair.silent = true;
  setTimeout(() => {
    const silent = [...open].filter((pair) => pair.silent);
    for (const { client, server } of silent) server.unpipe(client).pause();
    response.end(String(silent.length));
  }, SILENT_MS);
}).listen(8080);
