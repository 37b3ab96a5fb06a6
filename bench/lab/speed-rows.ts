/** Speeds beside jax-js, tfjs, OpenBLAS and llama.cpp, in rounds: a noisy minute hits both sides. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Row } from "../run.ts";
import { here, type Options } from "./kept-rows.ts";
import type { DecodeReport } from "./peers/llama-decode.ts";
import { openBlas } from "./peers/openblas-matmul.ts";
import type { StepReport } from "./peers/step.ts";
import { dataParallelSpeedup } from "./replicas.ts";
import { median, medianRatio, runJson } from "./table.ts";

/** Rounds of ours, jax-js and tfjs in turn. All three compute the same first loss, or the comparison is void. */
export async function steps({ quick, log }: Options): Promise<Row[]> {
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

export async function matmul({ quick, log }: Options): Promise<Row[]> {
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

export async function throughput({ quick }: Options): Promise<Row[]> {
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
export async function int8({ quick, log }: Options): Promise<Row[]> {
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

export async function replicas({ quick, log }: Options): Promise<Row[]> {
  const { one, two, ratio } = await dataParallelSpeedup(log, quick ? { rounds: 1, steps: 10 } : {});
  return [
    {
      ...{ name: "dp2_speedup", value: ratio, unit: "ratio", bound: ">=1.7" },
      note: `training, one worker ${one.toFixed(0)} tokens/s, two ${two.toFixed(0)}`,
    },
  ];
}
