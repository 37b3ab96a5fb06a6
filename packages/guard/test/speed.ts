// What the guard costs, in microseconds: npx tsx packages/guard/test/speed.ts
import { type Chunk, defaultPolicy, parseBrief } from "@inkseal/core";
import { createGuard, maskText } from "@inkseal/guard";

const english = "The quick brown fox jumps over the lazy dog and then it goes home. ".repeat(31).slice(0, 2048);
const chinese = "人工智能生成的内容应当可以被认出来，这是一个很重要的原则。".repeat(80).slice(0, 2048);
const numbers = english.replaceAll("fox", "12 in 2024, 3.5%").slice(0, 2048);
const personal = `${english.slice(0, 2000)} a.b@example.com, 13800138000`;

/** Best of seven, after warming up. */
async function time(name: string, times: number, work: () => unknown): Promise<void> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 8; round++) {
    const from = performance.now();
    for (let i = 0; i < times; i++) await work();
    if (round > 0) best = Math.min(best, ((performance.now() - from) / times) * 1000);
  }
  console.log(`${name.padEnd(48)} ${best.toFixed(2)} µs`);
}

const loop = (work: () => unknown) => () => {
  for (let i = 0; i < 1000; i++) work();
};
const guard = createGuard();
console.log("(batches of 1000 where they say so: read as ns)");
for (const [name, text] of Object.entries({ english, chinese, numbers, personal }))
  await time(
    `${text.length} characters, ${name}, × 1000`,
    4,
    loop(() => maskText(text, defaultPolicy, "out")),
  );
for (const [name, text] of Object.entries({ english: english.slice(0, 49), chinese: chinese.slice(0, 50) })) {
  const gate = guard.open(defaultPolicy);
  const chunk = [{ index: 0, text: `${text.trim()}${name === "english" ? " " : ""}` }];
  await time(
    `delta of 50, ${name}, clean, × 1000`,
    50,
    loop(() => gate.push(chunk)),
  );
}
const tokens: Chunk[][] = english.split(/(?= )/).map((text) => [{ index: 0, text, wire: { json: {}, text: "{}" } }]);
const gate = guard.open(defaultPolicy);
let next = 0;
await time(
  "English token by token, per token, × 1000",
  50,
  loop(() => gate.push(tokens[next++ % tokens.length] as Chunk[])),
);
const messages = [{ role: "user" as const, content: english }];
const brief = parseBrief({ task: "chat", messages, wire: { dialect: "openai.chat", params: { model: "m", messages } } });
await time("check of a brief of 2048 characters with params", 3000, () => guard.check(brief, defaultPolicy));
