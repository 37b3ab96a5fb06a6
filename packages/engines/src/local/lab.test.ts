import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Brief, type BriefInput, type Chunk, type Plan, parseBrief } from "@inkseal/core";
import { CharTokenizer, type GptConfig, GptConfigSchema, initialGpt, quantise, seededRandom } from "@inkseal/lab";
import { calibrate, saveCompressed, saveModel } from "@inkseal/lab/node";
import { detectText, wordMarkOf } from "@inkseal/mark";
import { testEngine } from "@inkseal/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { labEngine } from "./lab.ts";

const folder = mkdtempSync(join(tmpdir(), "engines-lab-"));
const engine = labEngine({ folder, threads: 1, models: 2, parallel: 4, waiting: 12 });
afterAll(async () => {
  await engine.close?.();
  rmSync(folder, { recursive: true, force: true });
});

const alphabet = [..."\n", ...Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)), "墨"].sort();
const config = GptConfigSchema.parse({
  kind: "gpt",
  vocab: 104, // rounded up over the tokenizer's 97
  context: 2048,
  layers: 1,
  width: 32,
  heads: 2,
}) as GptConfig;
const template = "{% for m in messages %}{{ m.role }}: {{ m.content | trim }}\n{% endfor %}assistant:";

async function save(name: string, { seed = 1, chat = false } = {}): Promise<void> {
  const weights = initialGpt(config, seededRandom(seed));
  await saveModel(join(folder, name), { weights, config, tokenizer: new CharTokenizer(alphabet) });
  const path = join(folder, name, "tokenizer_config.json");
  if (chat) writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), chat_template: template }));
}
beforeAll(async () => {
  await save("plain/model");
  await save("talker", { seed: 2, chat: true });
  await save("third/model", { seed: 3 });
  mkdirSync(join(folder, "plain/checkpoints/step-4"), { recursive: true });
  writeFileSync(join(folder, "plain/checkpoints/step-4/config.json"), "{}");
  mkdirSync(join(folder, "pictures/model"), { recursive: true });
  writeFileSync(join(folder, "pictures/model/config.json"), JSON.stringify({ inkseal: { kind: "vae" } }));
});

function planOf(model: string, brief: Partial<BriefInput>): Plan {
  const whole = parseBrief({ task: "completion", text: "ink", ...brief } as BriefInput);
  return { kind: "plan", version: 1, brief: whole, engine, model, seed: whole.controls.seed, warnings: [] };
}
async function said(model: string, brief: Partial<BriefInput>, signal = new AbortController().signal): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for await (const batch of engine.generate(planOf(model, brief), signal)) chunks.push(...batch);
  return chunks;
}
const textOf = (chunks: readonly Chunk[], index = 0): string =>
  chunks.map((c) => (c.index === index ? (c.text ?? "") : "")).join("");
const controls = (more: Brief["controls"]) => ({ controls: { seed: 5, maxTokens: 12, ...more } });

const long = { model: "plain", brief: { text: "on and on", controls: { maxTokens: 1800 } } };
testEngine("lab", () => ({ engine: labEngine({ folder, threads: 1 }) }), {
  completion: { model: "plain", brief: { text: "ink", controls: { maxTokens: 8 } }, long },
  chat: { model: "talker", brief: { messages: [{ role: "user", content: "hello" }], controls: { maxTokens: 8 } } },
});

describe("the Lab's engine", () => {
  it("lists language models, and not checkpoints or other kinds", async () => {
    expect(await engine.models()).toEqual([
      { id: "plain", tasks: ["completion"], inputs: ["text"], context: 2048, schema: true, logits: true },
      { id: "talker", tasks: ["chat", "completion"], inputs: ["text"], context: 2048, schema: true, logits: true },
      { id: "third", tasks: ["completion"], inputs: ["text"], context: 2048, schema: true, logits: true },
    ]);
  });

  it("puts a watermark on words that are drawn, the same for the same seed, and finds their tokens again", async () => {
    const wordMark = wordMarkOf(new Uint8Array(32).fill(7));
    const marked = async (more: Brief["controls"], key = wordMark): Promise<Chunk[]> => {
      const chunks: Chunk[] = [];
      const plan = { ...planOf("plain", controls({ maxTokens: 200, temperature: 1, topP: 1, topK: 0, minP: 0, ...more })) };
      for await (const batch of engine.generate({ ...plan, wordMark: key }, new AbortController().signal))
        chunks.push(...batch);
      return chunks;
    };
    const one = await marked({});
    expect(textOf(await marked({}))).toBe(textOf(one));
    expect(textOf(await marked({ seed: 6 }))).not.toBe(textOf(one));
    expect(one.at(-1)?.mark).toMatchObject({
      layer: "watermark",
      method: "inkseal.text.1",
      data: { key: wordMark.keyId, tokens: 200, start: expect.any(Number) },
    });
    const readings = (await engine.tokens?.(`人 ${textOf(one)}`))!;
    expect(readings.flatMap((r) => r.models).sort()).toEqual(["plain", "talker", "third"]); // they share a tokenizer
    expect(detectText(readings[0]!.ids, wordMark.key)!.chance).toBeLessThan(1e-20);
    expect(detectText(readings[0]!.ids, new Uint8Array(32))!.chance).toBeGreaterThan(1e-3);
    const cold = await marked({ temperature: 0 });
    expect(cold.at(-1)).toMatchObject({ finish: "length" });
    expect(cold.at(-1)?.mark).toBeUndefined();
    expect(textOf(cold)).toBe(textOf(await said("plain", controls({ maxTokens: 200, temperature: 0 }))));
    const bound = await marked({ grammar: 'root ::= ("yes" | "no") (" yes" | " no"){20}' });
    expect(textOf(bound)).toMatch(/^(yes|no)( yes| no){20}$/);
    expect(bound.at(-1)?.mark?.data?.bits).toBeGreaterThan(10);
  });

  it("thinks of a text only where a calibration lies beside the model, and says how often it errs", async () => {
    const text = "Once upon a time there was ink. ".repeat(8);
    expect(await engine.likelihood?.(text)).toEqual([]);
    const { measured } = await calibrate(join(folder, "third/model"), {
      people: text.repeat(20),
      set: "one sentence again and again",
      texts: 20,
      tokens: 64,
      seed: 1,
      threads: 1,
    });
    expect(measured).toMatchObject({ people: 20, machine: 20, tokens: 64 });
    expect(measured.auc).toBeGreaterThanOrEqual(0); // the model is noise: `bench -- mark --only=likelihood` has one that learnt
    expect(measured.auc).toBeLessThanOrEqual(1);
    const write = (auc: number): void => {
      const people = [-9e9, -1e9, 1e9, 9e9];
      const calibration = { method: "curvature.1", measured: { ...measured, auc }, people };
      writeFileSync(join(folder, "third/model/likelihood.json"), JSON.stringify(calibration));
    };
    write(0.9);
    const tokens = expect.any(Number);
    expect(await engine.likelihood?.(text)).toMatchObject([
      { model: "third", method: "curvature.1", peopleAsHigh: 0.5, tokens },
    ]);
    expect(await engine.likelihood?.("short")).toEqual([]);
    write(0.6); // a model that errs so often is not asked
    expect(await engine.likelihood?.(text)).toEqual([]);
  });

  it("says the same words for the same seed, alone and in company, streamed and whole", async () => {
    const one = await said("plain", controls({}));
    const many = await Promise.all([5, 6, 5, 7, 8, 5].map((seed) => said("plain", { ...controls({ seed }), stream: true })));
    for (const i of [0, 2, 5]) expect(textOf(many[i]!)).toBe(textOf(one));
    expect(textOf(many[1]!)).not.toBe(textOf(one));
    expect(one.at(-1)).toMatchObject({ finish: "length", usage: { inputTokens: 3, outputTokens: 12 } });
    const two = await said("plain", controls({ n: 2 }));
    expect([textOf(two, 0), textOf(two, 1)]).toEqual([textOf(one), textOf(many[1]!)]);
  });

  it("obeys stop strings, bias and the bounds of what it may say", async () => {
    const free = textOf(await said("plain", controls({ maxTokens: 60 })));
    const stop = free.slice(20, 22);
    const stopped = await said("plain", controls({ maxTokens: 60, stop: [stop] }));
    expect(textOf(stopped)).toBe(free.slice(0, free.indexOf(stop)));
    expect(stopped.at(-1)!.finish).toBe("stop");
    const only = alphabet.indexOf("墨");
    const wire = { dialect: "openai.completions" as const, params: { logit_bias: { [only]: 100 } } };
    expect(textOf(await said("plain", { ...controls({ maxTokens: 3 }), wire }))).toBe("墨墨墨");
    const strange = { dialect: "openai.completions" as const, params: { logit_bias: { 5000: 1 } } };
    const fine = said("plain", controls({}));
    await expect(said("plain", { ...controls({}), wire: strange })).rejects.toMatchObject({ code: "bad-request" });
    expect(textOf(await fine)).not.toBe(""); // in the same batch
  });

  it("guarantees a schema or a grammar, though the model is noise", async () => {
    const schema = {
      type: "object",
      properties: { name: { type: "string", maxLength: 12 }, age: { type: "integer", minimum: 0, maximum: 99 } },
      required: ["name", "age"],
    };
    for (const seed of [1, 2, 3]) {
      const chunks = await said("plain", controls({ seed, schema, maxTokens: 90 }));
      const value = JSON.parse(textOf(chunks)) as { name: string; age: number };
      expect(value.name.length).toBeLessThanOrEqual(12);
      expect(value.age).toBeLessThanOrEqual(99);
      expect(chunks.at(-1)!.finish).toBe("stop");
    }
    expect(textOf(await said("plain", controls({ grammar: 'root ::= ("red" | "black") " ink"' })))).toMatch(
      /^(red|black) ink$/,
    );
    await expect(said("plain", controls({ grammar: "root ::= (" }))).rejects.toMatchObject({ code: "bad-request" });
  });

  it("runs packed weights of 8 and 4 bits as they lie, near to the plain ones", async () => {
    const weights = initialGpt(config, seededRandom(1));
    for (const bits of [8, 4] as const) {
      const path = join(folder, `plain-int${bits}`);
      await saveCompressed(path, {
        weights: quantise(weights, { bits }),
        config,
        tokenizer: new CharTokenizer(alphabet),
        made: `int${bits}`,
      });
    }
    expect((await engine.models()).map(({ id }) => id)).toEqual(expect.arrayContaining(["plain-int4", "plain-int8"]));
    const greedy = controls({ temperature: 0, maxTokens: 4 });
    const [plain, eight] = [textOf(await said("plain", greedy)), textOf(await said("plain-int8", greedy))];
    expect(eight.slice(0, 2)).toBe(plain.slice(0, 2));
    expect(textOf(await said("plain-int4", greedy))).not.toBe("");
    for (const bits of [8, 4]) rmSync(join(folder, `plain-int${bits}`), { recursive: true });
  });

  it("goes on where a grammar lets it, and stops where the text would leave it", async () => {
    const only = (character: string) => ({ [alphabet.indexOf(character)]: 30 });
    const wire = (bias: object) => ({ wire: { dialect: "openai.completions" as const, params: { logit_bias: bias } } });
    const grammar = 'root ::= "a"+';
    expect(textOf(await said("plain", { ...controls({ grammar, maxTokens: 7 }), ...wire(only("a")) }))).toBe("aaaaaaa");
    const short = await said("plain", { ...controls({ grammar, maxTokens: 7 }), ...wire(only("b")) });
    expect([textOf(short), short.at(-1)!.finish, short.at(-1)!.usage?.outputTokens]).toEqual(["a", "stop", 1]);
    await expect(said("plain", controls({ grammar, stop: ["a"] }))).rejects.toMatchObject({ code: "cannot-do" });
  });

  it("answers by the model's template, and only where there is one", async () => {
    const messages = [
      { role: "system" as const, content: "Be brief." },
      { role: "user" as const, content: " hello " },
    ];
    const chat = await said("talker", { task: "chat", text: undefined, messages, ...controls({ temperature: 0 }) });
    const same = await said("talker", {
      text: "system: Be brief.\nuser:  hello \nassistant:", // what people say keeps its spaces
      ...controls({ temperature: 0 }),
    });
    expect(textOf(chat)).toBe(textOf(same));
    await expect(said("plain", { task: "chat", messages })).rejects.toMatchObject({ code: "cannot-do" });
  });

  it("refuses log probabilities, which would spell out what guards mask", async () => {
    const asking = (dialect: "openai.completions" | "openai.chat", params: object) =>
      said("plain", { ...controls({ maxTokens: 2 }), wire: { dialect, params: params as Record<string, unknown> } });
    for (const [dialect, params, param] of [
      ["openai.completions", { logprobs: 0 }, "logprobs"],
      ["openai.completions", { logprobs: 5 }, "logprobs"],
      ["openai.chat", { logprobs: true, top_logprobs: 2 }, "logprobs"],
      ["openai.chat", { top_logprobs: 2 }, "top_logprobs"],
    ] as const)
      await expect(asking(dialect, params)).rejects.toMatchObject({ code: "cannot-do", details: { param } });
    for (const params of [{ logprobs: null }, { logprobs: false, top_logprobs: 0 }])
      expect(textOf(await asking("openai.chat", params))).not.toBe("");
  });

  it("refuses what does not fit, is not there, or is of another kind", async () => {
    await expect(said("plain", { text: "x".repeat(2100) })).rejects.toMatchObject({ code: "too-large" });
    await expect(said("plain", { text: "ß" })).rejects.toMatchObject({ code: "bad-request" });
    await expect(said("nobody", {})).rejects.toMatchObject({ code: "unknown-model" });
    await expect(said("../plain", {})).rejects.toMatchObject({ code: "unknown-model" });
    await expect(said("pictures", {})).rejects.toMatchObject({ code: "cannot-do" });
    const many = Array.from({ length: 16 }, () => said("plain", controls({ maxTokens: 300 })).catch((error) => error.code));
    expect((await Promise.all(many)).filter((chunks) => chunks === "overloaded").length).toBe(4);
  });

  it("speaks with new weights once a training has written them, and takes turns when more models are asked for than fit", async () => {
    const before = textOf(await said("third", controls({})));
    await save("third/model", { seed: 4 });
    const later = new Date(Date.now() + 5_000);
    utimesSync(join(folder, "third/model/model.safetensors"), later, later);
    expect(textOf(await said("third", controls({})))).not.toBe(before);
    const all = await Promise.all(["plain", "talker", "third"].map((model) => said(model, controls({}))));
    for (const chunks of all) expect(textOf(chunks)).not.toBe("");
  });

  it("waits for a slow reader, and lets the others go on", async () => {
    const slow = engine.generate(planOf("plain", { ...long.brief, stream: true }), new AbortController().signal);
    const iterator = slow[Symbol.asyncIterator]();
    let text = textOf([...(await iterator.next()).value]);
    for (let i = 0; i < 3; i++) expect(textOf(await said("plain", controls({ maxTokens: 600 })))).not.toBe("");
    const waited = textOf([...(await iterator.next()).value]);
    expect(waited.length).toBeLessThan(1700); // it was held on the way
    text += waited;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) text += textOf([...next.value]);
    expect(text.length).toBe(1800);
  });
});
