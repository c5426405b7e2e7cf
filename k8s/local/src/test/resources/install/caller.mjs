// An agent that makes the calls it is told to make, with its own token, and hands the answer on as it comes. Told by headers:
// x-proxy, the proxy to call instead of the one in the environment; x-token, the file of a token instead of the session's.
// As the first process of its container it takes no notice of SIGTERM.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

createServer(async (request, response) => {
  const { 'x-proxy': proxy = process.env.ANTHROPIC_BASE_URL, 'x-token': file } = request.headers;
  const token = file ? readFileSync('/tokens/' + file, 'utf8') : process.env.ANTHROPIC_API_KEY;
  try {
    const answer = await fetch(proxy + request.url, { method: 'POST', headers: { 'x-api-key': token }, body: '{}' });
    response.writeHead(answer.status);
    for await (const chunk of answer.body) response.write(chunk);
    response.end();
  } catch {
    response.destroy();
  }
}).listen(8080);
