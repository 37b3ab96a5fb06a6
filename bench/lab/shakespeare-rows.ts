/** Everything that is measured on one trained model: its loss, what compression costs it, and what other runtimes say of its exports. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GptConfig } from "@inkseal/lab";
import { loadModel } from "@inkseal/lab/node";
import type { Row } from "../run.ts";
import { type CompressedRow, compressedTable } from "./compressed.ts";
import { engine, here, type Options, slow } from "./kept-rows.ts";
import { quantisationCost } from "./quantised.ts";
import { runJson } from "./table.ts";

interface Shakespeare {
  readonly nats: number;
  readonly minutes: number;
  readonly parameters: number;
  readonly int8: number;
  readonly int4: number;
  readonly greedyMatch: number;
  readonly onnxError: number;
  readonly compressed: readonly CompressedRow[];
}
/** One model is trained; what is measured on it is measured before its folder goes. */
export async function shakespeare({ quick, fresh, log }: Options): Promise<Row[]> {
  const sources = [
    ...engine,
    "bench/lab/shakespeare.ts",
    "bench/lab/small-gpt.ts",
    "bench/lab/quantised.ts",
    "bench/lab/exported.ts",
    "bench/lab/compressed.ts",
  ];
  const found = await slow("shakespeare", { sources, quick, fresh, log }, async (): Promise<Shakespeare> => {
    const folder = await mkdtemp(join(tmpdir(), "inkseal-shakespeare-"));
    try {
      const trained = await runJson<Pick<Shakespeare, "nats" | "minutes" | "parameters">>(here("shakespeare.ts"), [folder], {
        limit: 1_800_000,
      });
      log(`  Shakespeare: ${trained.nats.toFixed(4)} nats in ${trained.minutes.toFixed(1)} minutes`);
      const exported = await runJson<Pick<Shakespeare, "greedyMatch" | "onnxError">>(here("exported.ts"), [folder]);
      const { config, weights } = await loadModel(folder);
      const model = { config: config as GptConfig, weights };
      return {
        ...trained,
        ...exported,
        ...(await quantisationCost(model, log)),
        compressed: await compressedTable(model, log),
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
  if (found === undefined) return [];
  const { value: v, when } = found;
  return [
    {
      ...{ name: "shakespeare_val_nats", value: v.nats, unit: "nats", bound: "<=1.88" },
      note: `nanoGPT's recipe for CPUs (published: 1.88), ${(v.parameters / 1e6).toFixed(2)} M parameters, whole validation part${when}`,
    },
    { name: "shakespeare_minutes", value: v.minutes, unit: "min", bound: "<10", note: `2,000 steps${when}` },
    { name: "int8_ppl_cost", value: v.int8, unit: "share", bound: "<0.01", note: `of the perplexity of that model${when}` },
    { name: "int4_ppl_cost", value: v.int4, unit: "share", bound: "<0.04", note: `as int8${when}` },
    {
      name: "gguf_greedy_match",
      value: v.greedyMatch,
      unit: "share",
      bound: "==1",
      note: `of 32 prompts: llama.cpp says our 56 tokens${when}`,
    },
    {
      name: "onnx_max_abs_err",
      value: v.onnxError,
      unit: "logit",
      bound: "<=0.0001",
      note: `onnxruntime beside ours, 16 windows of 64${when}`,
    },
    ...compressionRows(v.compressed, when),
  ];
}

/** What pruning costs in nats a character after 300 steps that keep the zeros, and what a teacher saves a student. */
function compressionRows(rows: readonly CompressedRow[], when: string): Row[] {
  const of = (name: string): CompressedRow => rows.find((row) => row.name === name) ?? fail(name);
  const [whole, ...others] = [
    of("as it is"),
    of("50 % by magnitude, 300 steps after"),
    of("2:4 by magnitude, 300 steps after"),
  ] as const;
  const [half, sparse] = others.map(({ nats, bytes }) => ({
    cost: nats - whole.nats,
    note: `${(bytes / whole.bytes).toFixed(2)} of the size`,
  }));
  const [alone, taught] = [of("student, text alone"), of("student, taught")];
  return [
    {
      name: "pruned_half_nats",
      value: half!.cost,
      unit: "nats",
      note: `half of the weights 0, by magnitude: ${half!.note}${when}`,
    },
    {
      name: "sparse24_nats",
      value: sparse!.cost,
      unit: "nats",
      note: `two of each four 0, by magnitude: ${sparse!.note}${when}`,
    },
    {
      ...{ name: "student_gain_nats", value: alone.nats - taught.nats, unit: "nats", bound: ">0" },
      note: `a student of ${(taught.bytes / whole.bytes).toFixed(2)} of the size: alone ${alone.nats.toFixed(4)}, taught ${taught.nats.toFixed(4)}${when}`,
    },
  ];
}
function fail(name: string): never {
  throw new Error(`the compression table has no row ${name}`);
}
