// The official `openai` package against Inkseal: nothing is changed but the base URL.
//
//   npx inkseal serve &
//   OPENAI_BASE_URL=http://127.0.0.1:8787/v1 node examples/openai-client.mjs
//
// Works on a fresh machine without a network: the voice is built in. Where a chat model is configured it streams a chat too.
import { writeFile } from "node:fs/promises";
import OpenAI from "openai";

const openai = new OpenAI({
  baseURL: process.env.OPENAI_BASE_URL ?? "http://127.0.0.1:8787/v1",
  apiKey: process.env.OPENAI_API_KEY ?? "none", // needed once `inkseal keys create` has made one
});

const models = [];
for await (const model of openai.models.list()) models.push(model.id);
console.log(`models   ${models.join(", ")}`);

// speech: the answer is a labelled WAV, received piece by piece
const speech = await openai.audio.speech.create({
  model: "espeak/zh",
  voice: "zh",
  input: "人工智能生成的内容应当可以被认出来。",
  response_format: "wav",
});
const parts = [];
for await (const part of speech.body) parts.push(part);
const wav = Buffer.concat(parts);
await writeFile("openai-client.wav", wav);
console.log(
  `speech   openai-client.wav, ${wav.length} bytes in ${parts.length} parts, run ${speech.headers.get("x-inkseal-run")}`,
);

// an error is OpenAI's own, with the run's id
try {
  await openai.chat.completions.create({ model: "nobody/has-this", messages: [{ role: "user", content: "Hello" }] });
} catch (error) {
  if (!(error instanceof OpenAI.APIError)) throw error;
  console.log(`error    ${error.status} ${error.code}: ${error.message}`);
}

// chat, streamed, with whichever chat model is there
const chat = process.env.INKSEAL_CHAT_MODEL ?? models.find((id) => /^(openai|deepseek|dashscope|llama|ollama)\//.test(id));
if (chat === undefined) {
  console.log("chat     no chat model is configured (set a provider's key or a local server's address)");
} else {
  process.stdout.write(`chat     ${chat}: `);
  const stream = await openai.chat.completions.create({
    model: chat,
    messages: [{ role: "user", content: "用一句话解释什么是印章。" }],
    stream: true,
  });
  for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta?.content ?? "");
  process.stdout.write("\n");
}
