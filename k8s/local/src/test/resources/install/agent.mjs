// What an agent does: greets the API, asks it, prints the answer as it comes, leaves a file in its workspace.
import { writeFileSync, readFileSync } from 'node:fs';

const base = process.env.ANTHROPIC_BASE_URL;
const headers = { 'x-api-key': process.env.ANTHROPIC_API_KEY, 'content-type': 'application/json' };
console.log('hosts ' + /host\.docker\.internal/.test(readFileSync('/etc/hosts', 'utf8')));
console.log('greeting ' + (await fetch(base + '/', { method: 'HEAD', headers })).status);
const path = process.env.ENDLESS ? '/v1/messages?endless' : '/v1/messages?beta=true';
const body = JSON.stringify({ stream: true, padding: 'x'.repeat(100_000) });
const answer = await fetch(base + path, { method: 'POST', headers, body });
console.log('answer ' + answer.status);
for await (const chunk of answer.body) process.stdout.write(Buffer.from(chunk));
writeFileSync('/workspace/outbound.txt', 'written by uid ' + process.getuid());
console.log('wrote ' + readFileSync('/workspace/inbound.txt', 'utf8').trim());
// containerd 1.6 may not log the last of what an agent writes that ends at once.
setTimeout(() => process.exit(3), 1000);
