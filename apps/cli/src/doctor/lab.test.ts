import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { CharTokenizer, GptConfigSchema, initialGpt, seededRandom } from "@inkseal/lab";
import { saveModel } from "@inkseal/lab/node";
import { afterAll, expect, it } from "vitest";
import { checkLab } from "./lab.ts";

const home = mkdtempSync(join(tmpdir(), "inkseal-doctor-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

it("tells the Lab's kernels, threads, GPU and models in both languages", async () => {
  const none = await checkLab(home);
  expect(none.detail.en).toMatch(/^kernels of WebAssembly SIMD with(out)? fused multiply-add, .*; GPU: .+; 0 language models$/);
  const config = GptConfigSchema.parse({ kind: "gpt", vocab: 2, context: 8, layers: 1, width: 8, heads: 1 });
  const weights = initialGpt(config, seededRandom(1));
  await saveModel(join(home, "lab/tiny/model"), { weights, config, tokenizer: new CharTokenizer(["a", "b"]) });
  const check = await checkLab(home);
  expect(check.detail.en).toMatch(/; 1 language model$/);
  expect(check.detail.en).toContain(`, ${availableParallelism()} thread`);
  expect(check.detail["zh-CN"]).toMatch(/；1 个语言模型$/);
  // a machine without a GPU is told how to get one
  expect([check.status, check.fix === undefined]).toEqual(
    check.detail.en.includes("GPU: none") ? ["note", false] : ["ok", true],
  );
}, 120_000);
