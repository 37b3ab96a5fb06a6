import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pruningMasks, sparsity } from "../compress/prune.ts";
import { dequantiseAll } from "../compress/quantise.ts";
import { seededRandom } from "../data/random.ts";
import { gptDecoder } from "../infer/gpt-decoder.ts";
import { type GptConfig, ModelConfigSchema } from "../models/config.ts";
import { initialModel } from "../models/shapes.ts";
import { type CompressedRow, type CompressOptions, compressionNames, compressModel } from "./compress-model.ts";
import { loadCompressed, loadModel, saveCompressed, saveModel } from "./model-folder.ts";
import { cpuBackend } from "./threads.ts";
import { readTrainConfig, runTraining } from "./training.ts";

const root = mkdtempSync(join(tmpdir(), "lab-compress-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const text = join(root, "text.txt");
const held = join(root, "held.txt");
const model = join(root, "run", "model");
const student = join(root, "student", "model");
const words = (times: number): string => "a seal is pressed on paper, and the ink dries; then another: ".repeat(times);

beforeAll(async () => {
  writeFileSync(text, words(80));
  writeFileSync(held, words(20));
  const run = async (out: string, width: number, more: object = {}): Promise<void> => {
    const config = readTrainConfig({
      ...{ model: { kind: "gpt", context: 32, layers: 1, width, heads: 2 }, data: [{ path: text }], out: join(root, out) },
      ...{ steps: 40, batch: 4, warmup: 4, learningRate: 0.01, evaluateEvery: 40, evaluateBatches: 1, threads: 1, ...more },
    });
    for await (const _ of runTraining(config, { now: () => 0 }));
  };
  await run("run", 64);
  await run("student", 16, { distil: { teacher: model } });
});

const options: CompressOptions = {
  ...{ folder: model, text: held, now: () => performance.now(), threads: 1, windows: 8 },
  compressions: [],
};
async function rows(more: Partial<CompressOptions>): Promise<CompressedRow[]> {
  const found: CompressedRow[] = [];
  for await (const row of compressModel({ ...options, ...more })) found.push(row);
  return found;
}

describe("compressModel", () => {
  it("measures the model and what is made of it, each smaller than the one it is made of", async () => {
    const found = await rows({
      compressions: [{ bits: 8 }, { bits: 4 }, { prune: 0.5 }, { prune: "2:4" }, { prune: 0.5, bits: 4 }, { student }],
    });
    expect(found.map((row) => row.name)).toEqual(["fp32", "int8", "int4", "pruned 50 %", "2:4", "pruned 50 % int4", "student"]);
    const twice = await rows({ compressions: [{ student }, { student: model }], windows: 1 });
    expect(twice.map((row) => row.name)).toEqual(["fp32", "student student", "student run"]);
    const [plain, eight, four, half, pairs, both, small] = found.map((row) => row.bytes) as number[];
    expect(eight).toBeLessThan(plain! / 3);
    expect(four).toBeLessThan(eight!);
    expect(half).toBeLessThan(0.75 * plain!);
    expect(pairs).toBeLessThan(0.75 * plain!);
    expect(both).toBeLessThan(four!);
    expect(small).toBeLessThan(plain! / 5);
    expect(found[0]!.cost).toBe(0);
    expect(Math.abs(found[1]!.cost)).toBeLessThan(0.05);
    for (const row of found) {
      expect(row.perplexity).toBeGreaterThan(1);
      expect(row.tokensPerSecond).toBeGreaterThan(0);
      expect(row.joulesPerThousandTokens).toBeGreaterThanOrEqual(0);
    }
    // what was made is written, read again, and says the same to the bit
    const backend = cpuBackend({ threads: 1, memory: 128 << 20 });
    for (const { candidate } of found) {
      const folder = join(root, candidate.name);
      await saveCompressed(folder, { ...candidate, made: candidate.name });
      const back = await loadCompressed(folder);
      const [a, b] = [candidate, back].map(({ config, weights }) => {
        const decoder = gptDecoder(backend, config as GptConfig, weights);
        const sequence = decoder.open();
        const [[row]] = decoder.feed([{ sequence, tokens: [1, 2, 3] }]) as [[Float32Array]];
        sequence.close();
        decoder.close();
        return row;
      });
      expect(b).toEqual(a);
      expect(back.tokenizer!.encode("ink")).toEqual(candidate.tokenizer.encode("ink"));
    }
    backend.close();
  });

  it("wins back by fine-tuning what pruning took, and keeps the zeros", async () => {
    const compressions = [{ prune: 0.8 }, { prune: 0.8, bits: 8 as const }];
    const [, raw] = await rows({ compressions });
    const [, tuned, both] = await rows({ compressions, tune: 40 });
    expect(tuned!.perplexity).toBeLessThan(raw!.perplexity);
    for (const row of [raw, tuned, both]) {
      const linear = new Map([...dequantiseAll(row!.candidate.weights)].filter(([name]) => /_proj/.test(name)));
      expect(sparsity(linear)).toBeGreaterThan(0.78);
    }
  });

  it("prunes by inputs, and by magnitude where training follows", async () => {
    const { weights } = await loadModel(model);
    const byMagnitude = pruningMasks(weights, { share: 0.5 });
    const moved = async (tune: number): Promise<number> => {
      const [, row] = await rows({ compressions: [{ prune: 0.5 }], tune, windows: 1 });
      const made = dequantiseAll(row!.candidate.weights);
      const others = [...byMagnitude].map(
        ([name, mask]) => mask.filter((kept, i) => kept === 0 && made.get(name)!.data[i] !== 0).length,
      );
      return others.reduce((a, b) => a + b, 0);
    };
    expect(await moved(0)).toBeGreaterThan(0);
    expect(await moved(1)).toBe(0);
  });

  it("says what it cannot take: short texts, strange characters, other kinds, other tokens", async () => {
    const put = (name: string, content: string): string => {
      writeFileSync(join(root, name), content);
      return join(root, name);
    };
    await expect(rows({ text: put("short.txt", "a seal") })).rejects.toMatchObject({
      code: "bad-request",
      message: expect.stringMatching(/has 6 tokens; each half needs a window of 33/),
    });
    await expect(rows({ text: put("empty.txt", "") })).rejects.toMatchObject({ code: "bad-request" });
    await expect(rows({ text: put("other.txt", `${words(20)}印`) })).rejects.toThrow(/U\+5370/);
    await expect(rows({ text: join(root, "nothing.txt") })).rejects.toMatchObject({ code: "not-found" });
    await expect(rows({ folder: root })).rejects.toMatchObject({ code: "not-found" });
    const { weights, config } = await loadModel(model);
    await saveModel(join(root, "bare"), { weights, config });
    await expect(rows({ folder: join(root, "bare") })).rejects.toThrow(/no tokenizer.json/);
    const vae = ModelConfigSchema.parse({ kind: "vae", picture: { height: 2, width: 2, channels: 1 } });
    await saveModel(join(root, "vae"), { weights: initialModel(vae, seededRandom(1)), config: vae });
    await expect(rows({ folder: join(root, "vae") })).rejects.toMatchObject({ code: "cannot-do" });
    const stop = new AbortController();
    stop.abort();
    await expect(rows({ signal: stop.signal })).rejects.toMatchObject({ code: "cancelled" });
  });
});

it("names compressions for people", () => {
  expect(compressionNames([{}, { bits: 8 }, { prune: 0.333 }, { prune: "2:4", bits: 4 }])).toEqual([
    "fp32",
    "int8",
    "pruned 33.3 %",
    "2:4 int4",
  ]);
  const named = (...students: string[]) => compressionNames(students.map((s) => ({ student: s })));
  expect(compressionNames([{ student: "runs/a/model" }, { student: "runs/a/model", bits: 4 }])).toEqual([
    "student",
    "student int4",
  ]);
  expect(named("runs/a/model", "runs/b")).toEqual(["student a", "student b"]);
  expect(named("x/pupil/model", "y/pupil/model", "pupils/z")).toEqual([
    "student x/pupil",
    "student y/pupil",
    "student pupils/z",
  ]);
  expect(named("a", "a/model")).toEqual(["student a", "student a/model"]);
});
