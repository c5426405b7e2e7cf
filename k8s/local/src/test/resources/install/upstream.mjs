// A stand-in for the Anthropic API: knows one key, streams its answer slowly, and counts the calls and the streams that were
// cut. Beside it, at /login/ an API that takes the access token which /oauth/token gave last; each pair is good for one refresh.
import { createServer } from 'node:http';

let calls = 0;
let cut = 0;
let issued = 0;
createServer((request, response) => {
  if (request.url === '/cut') return response.end(String(cut));
  if (request.url === '/calls') return response.end(String(calls));
  if (request.url === '/issued') return response.end(String(issued));
  if (request.url === '/oauth/token') return issue(request, response);
  calls++;
  if (request.url.startsWith('/login/')) {
    return response.writeHead(request.headers.authorization === 'Bearer access-' + issued ? 200 : 401).end();
  }
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

function issue(request, response) {
  let body = '';
  request.on('data', (chunk) => { body += chunk; });
  request.on('end', () => {
    response.setHeader('content-type', 'application/json');
    if (new URLSearchParams(body).get('refresh_token') !== 'refresh-' + issued) {
      return response.writeHead(400).end('{"error": "invalid_grant"}');
    }
    issued++;
    response.end(JSON.stringify({
      token_type: 'Bearer', access_token: 'access-' + issued, refresh_token: 'refresh-' + issued, expires_in: 3600,
    }));
  });
}
