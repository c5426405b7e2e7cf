// An agent that reads one long answer and makes small calls all the while, and in the end says what it missed.
const base = process.env.ANTHROPIC_BASE_URL;
const headers = { 'x-api-key': process.env.ANTHROPIC_API_KEY, 'content-type': 'application/json' };
let over = false;
let calls = 0;
const failed = [];

async function small() {
  while (!over) {
    try {
      const { status } = await fetch(base + '/', { method: 'HEAD', headers });
      if (status !== 200) failed.push(status);
    } catch (e) {
      failed.push(String(e.cause ?? e));
    }
    calls++;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const done = small();
const answer = await fetch(base + '/v1/messages?words=1500', { method: 'POST', headers, body: '{"stream":true}' });
let text = '';
let next = 1;
for await (const chunk of answer.body) {
  text += Buffer.from(chunk);
  for (let at; (at = text.indexOf('\n\n')) >= 0; text = text.slice(at + 2)) {
    const word = /word-(\d+) /.exec(text.slice(0, at));
    if (word && Number(word[1]) === next && next++ % 100 === 1) console.log('word ' + word[1]);
  }
}
over = true;
await done;
console.log(`words ${next - 1} calls ${calls} failed ${failed.length} ${[...new Set(failed)].join(', ')}`);
process.exit(next === 1501 && failed.length === 0 && calls > 100 ? 0 : 1);
