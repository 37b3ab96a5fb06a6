/** The Lab's claim: training and inference beside jax-js, tfjs, OpenBLAS and llama.cpp, published losses reproduced, and what compression costs. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { GptConfig } from "@inkseal/lab";
import { loadModel } from "@inkseal/lab/node";
import { kept } from "../kept.ts";
import type { Claim, Row } from "../run.ts";
import { moeVsDense } from "./experts.ts";
import type { DecodeReport } from "./peers/llama-decode.ts";
import { openBlas } from "./peers/openblas-matmul.ts";
import type { StepReport } from "./peers/step.ts";
import { quantisationCost } from "./quantised.ts";
import { dataParallelSpeedup } from "./replicas.ts";
import { median, medianRatio, runJson } from "./table.ts";
import { webgpuSteps } from "./webgpu.ts";

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
/** What every slow row depends on. */
const engine = ["packages/lab/src"];

export const run: Claim["run"] = async (options) => {
  const { only } = options;
  const rows: Row[] = [];
  for (const [names, measure] of sections) {
    const wanted = names.filter((name) => only === undefined || only.has(name));
    if (wanted.length === 0) continue;
    rows.push(...(await measure(options)).filter((row) => wanted.includes(row.name)));
  }
  return rows;
};

type Options = Parameters<Claim["run"]>[0];
const sections: readonly (readonly [names: readonly string[], measure: (o: Options) => Promise<readonly Row[]>])[] = [
  [["step_vs_jaxjs", "step_vs_tfjs"], steps],
  [["matmul_vs_openblas"], matmul],
  [["webgpu_vs_jaxjs", "webgpu_vs_cpu"], webgpuSteps],
  [["tokens_per_s_1m5"], throughput],
  [["int8_vs_llamacpp"], int8],
  [["dp2_speedup"], replicas],
  [
    ["shakespeare_val_nats", "shakespeare_minutes", "int8_ppl_cost", "int4_ppl_cost", "gguf_greedy_match", "onnx_max_abs_err"],
    shakespeare,
  ],
  [["moe_vs_dense_nats"], experts],
  [["jsb_test_nats"], bach],
];

/** Rounds of ours, jax-js and tfjs in turn. All three compute the same first loss, or the comparison is void. */
async function steps({ quick, log }: Options): Promise<Row[]> {
  const times: Record<"ours" | "jax" | "tfjs", number[]> = { ours: [], jax: [], tfjs: [] };
  let note = "";
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    const ours = await runJson<StepReport>(here("ours-step.ts"), ["2", quick ? "10" : "30"]);
    const jax = await runJson<StepReport>(here("peers/jax-js-step.ts"), [quick ? "5" : "15"]);
    const tfjs = await runJson<StepReport>(here("peers/tfjs-step.ts"), quick ? ["wasm-threads", "5"] : []);
    for (const peer of [jax, tfjs])
      if (Math.abs(peer.lossFirst - ours.lossFirst) > 1e-3)
        throw new Error(`${peer.peer} begins at a loss of ${peer.lossFirst}, ours at ${ours.lossFirst}: not the same step`);
    times.ours.push(ours.msPerStep);
    times.jax.push(jax.msPerStep);
    times.tfjs.push(tfjs.msPerStep);
    note = `${tfjs.peer}; ${tfjs.note ?? ""}`;
    log(
      `  step, round ${round + 1}: ours ${show(ours.msPerStep)}, jax-js ${show(jax.msPerStep)}, tfjs ${show(tfjs.msPerStep)} (${note})`,
    );
  }
  const ours = `ours ${show(median(times.ours))} on two threads`;
  return [
    {
      ...{ name: "step_vs_jaxjs", value: medianRatio(times.jax, times.ours), unit: "ratio", bound: ">=2.5" },
      note: `${ours}, jax-js ${show(median(times.jax))} on one (it has no threads in Node)`,
    },
    {
      ...{ name: "step_vs_tfjs", value: medianRatio(times.tfjs, times.ours), unit: "ratio", bound: ">=5" },
      note: `${ours}, tfjs ${show(median(times.tfjs))} (${note})`,
    },
  ];
}
const show = (ms: number): string => `${ms.toFixed(0)} ms`;

async function matmul({ quick, log }: Options): Promise<Row[]> {
  const ratios: number[] = [];
  let note = "";
  for (let round = 0; round < (quick ? 1 : 5); round++) {
    const ours = await runJson<{ gflops: number }>(here("ours-matmul.ts"), ["2"]);
    const theirs = await openBlas();
    if ("missing" in theirs) {
      log(`  OpenBLAS: ${theirs.missing}; matmul_vs_openblas is left out`);
      return [];
    }
    ratios.push(ours.gflops / theirs.gflops[2]);
    note = `1024³ on two threads: ours ${ours.gflops.toFixed(0)} GFLOP/s, ${theirs.peer} ${theirs.gflops[2].toFixed(0)}`;
    log(`  ${note}`);
  }
  return [{ name: "matmul_vs_openblas", value: median(ratios), unit: "ratio", bound: ">=0.4", note }];
}

async function throughput({ quick }: Options): Promise<Row[]> {
  const { parameters, tokensPerSecond } = await runJson<{ parameters: number; tokensPerSecond: number }>(
    here("throughput.ts"),
    [quick ? "8" : "40"],
  );
  const minutes = 20e6 / tokensPerSecond / 60;
  return [
    {
      ...{ name: "tokens_per_s_1m5", value: tokensPerSecond, unit: "tok/s", bound: ">=3704" },
      note: `training, ${(parameters / 1e6).toFixed(2)} M parameters: 20 M tokens in ${minutes.toFixed(0)} minutes (bar 90)`,
    },
  ];
}

/** One thread each: two of llama.cpp's wait in a busy loop, which a shared machine punishes. */
async function int8({ quick, log }: Options): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), "inkseal-int8-"));
  try {
    const file = join(folder, "model.gguf");
    await runJson(here("decode.ts"), ["make", file]);
    const [ours, theirs]: [number[], number[]] = [[], []];
    for (let round = 0; round < (quick ? 1 : 5); round++) {
      ours.push((await runJson<{ tokensPerSecond: number }>(here("decode.ts"), ["run", "1", "256", "3"])).tokensPerSecond);
      theirs.push((await runJson<DecodeReport>(here("peers/llama-decode.ts"), [file, "1", "256", "3"])).tokensPerSecond);
      log(`  int8, round ${round + 1}: ours ${ours.at(-1)!.toFixed(0)} tokens/s, llama.cpp ${theirs.at(-1)!.toFixed(0)}`);
    }
    return [
      {
        ...{ name: "int8_vs_llamacpp", value: medianRatio(ours, theirs), unit: "ratio", bound: ">=0.7" },
        note: `10 M parameters, one thread: ours ${median(ours).toFixed(0)} tokens/s, Q8_0 in llama.cpp ${median(theirs).toFixed(0)}`,
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function replicas({ quick, log }: Options): Promise<Row[]> {
  const { one, two, ratio } = await dataParallelSpeedup(log, quick ? { rounds: 1, steps: 10 } : {});
  return [
    {
      ...{ name: "dp2_speedup", value: ratio, unit: "ratio", bound: ">=1.7" },
      note: `training, one worker ${one.toFixed(0)} tokens/s, two ${two.toFixed(0)}`,
    },
  ];
}

interface Shakespeare {
  readonly nats: number;
  readonly minutes: number;
  readonly parameters: number;
  readonly int8: number;
  readonly int4: number;
  readonly greedyMatch: number;
  readonly onnxError: number;
}
/** One model is trained; what is measured on it is measured before its folder goes. */
async function shakespeare({ quick, fresh, log }: Options): Promise<Row[]> {
  const sources = [
    ...engine,
    "bench/lab/shakespeare.ts",
    "bench/lab/small-gpt.ts",
    "bench/lab/quantised.ts",
    "bench/lab/exported.ts",
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
      return { ...trained, ...exported, ...(await quantisationCost({ config: config as GptConfig, weights }, log)) };
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
  ];
}

async function experts({ quick, fresh, log }: Options): Promise<Row[]> {
  const sources = [...engine, "bench/lab/experts.ts", "bench/lab/small-gpt.ts"];
  const found = await slow("experts", { sources, quick, fresh, log }, () => moeVsDense(log));
  if (found === undefined) return [];
  const { dense, experts: mixed, difference } = found.value;
  return [
    {
      ...{ name: "moe_vs_dense_nats", value: difference, unit: "nats", bound: ">0" },
      note: `saved at equal active products: dense ${dense.toFixed(4)}, 8 experts with 2 active ${mixed.toFixed(4)}${found.when}`,
    },
  ];
}

async function bach({ quick, fresh, log }: Options): Promise<Row[]> {
  const found = await slow("chorales", { sources: [...engine, "bench/lab/chorales.ts"], quick, fresh, log }, () =>
    runJson<{ test: number; validation: number; minutes: number; epoch: number }>(here("chorales.ts"), [], {
      limit: 1_800_000,
    }),
  );
  if (found === undefined) return [];
  const { test, minutes, epoch } = found.value;
  return [
    {
      ...{ name: "jsb_test_nats", value: test, unit: "nats", bound: "<=8.15" },
      note: `a step of JSB chorales by Bai et al.'s TCN (published: 8.10), best at epoch ${epoch}, ${minutes.toFixed(1)} minutes${found.when}`,
    },
  ];
}

/** Undefined in a quick run that has nothing kept. */
async function slow<T>(
  name: string,
  { sources, quick, fresh, log }: Pick<Options, "quick" | "fresh" | "log"> & { readonly sources: readonly string[] },
  measure: () => Promise<T>,
): Promise<{ readonly value: T; readonly when: string } | undefined> {
  const absent = new Error("nothing kept");
  try {
    const { value, at, now } = await kept(`lab-${name}`, { sources, fresh: fresh && !quick }, () => {
      if (quick) throw absent;
      return measure();
    });
    return { value, when: now ? "" : `; measured ${at.slice(0, 16)}Z` };
  } catch (error) {
    if (error !== absent) throw error;
    log(`  ${name}: takes minutes; left out of a quick run that finds nothing kept`);
    return undefined;
  }
}
