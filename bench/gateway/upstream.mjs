// The provider of the benchmark: answers at once, like an OpenAI server. `stream: true` gives SSE of 24 chunks in one
// write each tick; model `slow` spaces them by 5 ms; model `idle` sends one chunk and then nothing.
import { createServer } from "node:http";

const words = "The quick brown fox jumps over the lazy dog and then it rests in the warm shade of an old tree .".split(" ");
const envelope = {
  id: "chatcmpl-bench",
  object: "chat.completion.chunk",
  created: 1_760_000_000,
  model: "bench",
  system_fingerprint: "fp_bench",
};
const event = (delta, finish_reason = null) =>
  `data: ${JSON.stringify({ ...envelope, choices: [{ index: 0, delta, logprobs: null, finish_reason }] })}\n\n`;
const events = [
  event({ role: "assistant", content: "" }),
  ...words.map((w) => event({ content: `${w} ` })),
  event({}, "stop"),
  "data: [DONE]\n\n",
];
const whole = JSON.stringify({
  id: "chatcmpl-bench",
  object: "chat.completion",
  created: 1_760_000_000,
  model: "bench",
  system_fingerprint: "fp_bench",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: words.join(" "), refusal: null },
      logprobs: null,
      finish_reason: "stop",
    },
  ],
  usage: { prompt_tokens: 20, completion_tokens: 22, total_tokens: 42 },
});

const server = createServer((request, response) => {
  const parts = [];
  request.on("data", (d) => parts.push(d));
  request.on("end", () => {
    const body = Buffer.concat(parts).toString();
    if (!body.includes('"stream":true')) {
      response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(whole) }).end(whole);
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    if (body.includes('"model":"idle"')) {
      response.write(events[0] + events[1]);
      return;
    }
    if (body.includes('"model":"slow"')) {
      let i = 0;
      const step = () => {
        if (i < events.length) response.write(events[i++]);
        if (i === events.length) response.end();
        else setTimeout(step, 5);
      };
      step();
      return;
    }
    for (let i = 0; i < events.length; i += 6) response.write(events.slice(i, i + 6).join(""));
    response.end();
  });
});
server.keepAliveTimeout = 120_000;
server.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
