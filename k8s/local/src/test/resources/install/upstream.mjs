// A stand-in for the Anthropic API: knows one key, streams its answer slowly, and counts the calls and
// the streams that were cut.
import { createServer } from 'node:http';

let calls = 0;
let cut = 0;
createServer((request, response) => {
  if (request.url === '/cut') return response.end(String(cut));
  if (request.url === '/calls') return response.end(String(calls));
  calls++;
  if (request.headers['x-api-key'] !== process.env.EXPECTED_KEY || request.headers.authorization) {
    return response.writeHead(401, { 'content-type': 'application/json' }).end('{"type":"error"}');
  }
  if (request.method === 'HEAD') return response.writeHead(200).end();
  let size = 0;
  request.on('data', (chunk) => { size += chunk.length; });
  request.on('end', () => {
    const events = request.url.includes('endless') ? Infinity : Number(/words=(\d+)/.exec(request.url)?.[1] ?? 5);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    let sent = 0;
    const timer = setInterval(() => {
      response.write(`event: content_block_delta\ndata: {"text":"word-${++sent} of ${size}"}\n\n`);
      if (sent >= events) { clearInterval(timer); response.end('event: message_stop\ndata: {}\n\n'); }
    }, 50);
    response.on('close', () => { clearInterval(timer); if (sent < events) cut++; });
  });
}).listen(8080);
