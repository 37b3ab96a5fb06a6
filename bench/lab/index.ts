/** The Lab's claim: training and inference beside jax-js, tfjs, OpenBLAS and llama.cpp, published losses reproduced, and what compression costs. */
import type { Claim, Row } from "../run.ts";
import { moeVsDense } from "./experts.ts";
import { engine, here, keptRows, type Options, slow } from "./kept-rows.ts";
import { pictures } from "./pictures.ts";
import { shakespeare } from "./shakespeare-rows.ts";
import { int8, matmul, replicas, steps, throughput } from "./speed-rows.ts";
import { runJson } from "./table.ts";
import { tables } from "./tables.ts";
import { webgpuSteps } from "./webgpu.ts";

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

const sections: readonly (readonly [names: readonly string[], measure: (o: Options) => Promise<readonly Row[]>])[] = [
  [["step_vs_jaxjs", "step_vs_tfjs"], steps],
  [["matmul_vs_openblas"], matmul],
  [["tokens_per_s_1m5"], throughput],
  [["int8_vs_llamacpp"], int8],
  [["dp2_speedup"], replicas],
  [
    [
      ...["shakespeare_val_nats", "shakespeare_minutes", "int8_ppl_cost", "int4_ppl_cost"],
      ...["gguf_greedy_match", "onnx_max_abs_err", "pruned_half_nats", "sparse24_nats", "student_gain_nats"],
    ],
    shakespeare,
  ],
  [["moe_vs_dense_nats"], experts],
  [["jsb_test_nats"], bach],
  [
    ["vae_elbo", "vae_frechet", "vae_minutes", "gan_frechet", "gan_minutes", "digits_frechet_floor", "digits_frechet_ceiling"],
    (o) =>
      keptRows(
        "pictures",
        ["bench/lab/pictures.ts", "bench/lab/digits.ts", "bench/lab/frechet.ts", "bench/lab/train-kind.ts"],
        o,
        pictures,
      ),
  ],
  [
    ["adult_real_f1", "adult_tvae_f1", "adult_ctgan_f1"],
    (o) => keptRows("tables", ["bench/lab/tables.ts", "bench/lab/train-kind.ts"], o, tables),
  ],
  [["webgpu_vs_jaxjs", "webgpu_vs_cpu"], (o) => keptRows("webgpu", ["bench/lab/webgpu.ts"], o, webgpuSteps)],
];

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
