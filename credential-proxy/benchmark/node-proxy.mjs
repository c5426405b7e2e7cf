// A plain reverse proxy as one writes it with Node's own http module: streams both ways, sets the key, keeps connections.
import http from 'node:http';

const upstream = new URL(process.env.UPSTREAM);
const agent = new http.Agent({ keepAlive: true });

http.createServer((request, response) => {
  const headers = { ...request.headers, host: upstream.host, 'x-api-key': process.env.REAL_KEY };
  delete headers.authorization;
  delete headers.connection;
  const forward = http.request(
    { agent, host: upstream.hostname, port: upstream.port, method: request.method, path: request.url, headers },
    (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      response.flushHeaders();
      answer.pipe(response);
    },
  );
  forward.on('error', () => response.destroy());
  response.on('close', () => forward.destroy());
  request.pipe(forward);
}).listen(Number(process.env.PORT), '127.0.0.1');
