/** What the samples are filled with. */
interface Files {
  readonly data?: string | undefined;
  readonly from?: string | undefined;
  readonly teacher?: string | undefined;
}
export type Sample = (files: Files) => object;

/** Enough for a text of a megabyte on two cores in minutes. */
const text = ({ data = "data.txt" }: Files) => ({ data: [{ path: data }], tokenizer: { type: "char" }, holdOut: 0.1 });
const pictures = ({ data = "pictures" }: Files) => ({ data: [{ path: data }], holdOut: 0.1 });
const table = ({ data = "table.csv" }: Files) => ({ data: [{ path: data }], holdOut: 0.1 });
const small = { kind: "gpt", context: 64, layers: 4, width: 128, heads: 4 };
const picture = { height: 28, width: 28, channels: 1 };
const patches = { patch: 4, layers: 4, width: 96, heads: 4 };
const steps = { steps: 2000, batch: 12, learningRate: 0.001, warmup: 100, evaluateEvery: 250, checkpointEvery: 500, seed: 1 };
const wide = { ...steps, batch: 64 };
const tuning = { steps: 500, batch: 12, learningRate: 0.0003, warmup: 20, evaluateEvery: 100, checkpointEvery: 100, seed: 1 };

/** A training configuration for each thing that is commonly wanted. Where it comes out is not said here. */
export const samples = {
  gpt: (files) => ({ model: { ...small, dropout: 0 }, ...text(files), ...steps }),
  /** Eight experts of which two answer each token. */
  moe: (files) => ({
    model: { ...small, hidden: 168, experts: { count: 8, top: 2, balance: 0.01 } },
    ...text(files),
    ...steps,
  }),
  /** Less than a quarter of the teacher's work. */
  student: (files) => ({
    model: { ...small, layers: 2, width: 64, heads: 2 },
    distil: { teacher: files.teacher ?? "teacher/model", temperature: 2, weight: 0.5 },
    ...text(files),
    ...steps,
  }),
  /** A pruned model trained on; its zeros stay. */
  tune: (files) => ({ model: small, from: files.from ?? "pruned", keepZeros: true, ...text(files), ...tuning }),
  /** A model adapted to other text by few new parameters. */
  lora: (files) => ({
    model: small,
    from: files.from ?? "base/model",
    lora: { rank: 8, alpha: 16, targets: ["q_proj", "v_proj"] },
    ...text(files),
    ...tuning,
  }),
  bert: (files) => ({ model: { kind: "bert", context: 64, layers: 4, width: 128, heads: 4 }, ...text(files), ...steps }),
  vit: (files) => ({ model: { kind: "vit", picture, ...patches }, ...pictures(files), ...wide }),
  vae: (files) => ({ model: { kind: "vae", picture, hidden: 400, latent: 20 }, ...pictures(files), ...wide }),
  gan: (files) => ({
    model: { kind: "gan", picture, hidden: 256, latent: 64, criticSteps: 5 },
    ...pictures(files),
    ...wide,
    learningRate: 0.0001,
  }),
  diffusion: (files) => ({ model: { kind: "diffusion", picture, objective: "flow", ...patches }, ...pictures(files), ...wide }),
  /** Rows like those of a .csv, by a VAE. */
  rows: (files) => ({ model: { kind: "vae", hidden: 128, latent: 16 }, ...table(files), ...wide }),
  /** Rows like those of a .csv, also on conditions, by a GAN (CTGAN). */
  ctgan: (files) => ({
    model: { kind: "gan", hidden: 256, latent: 128, pac: 8, criticSteps: 1 },
    ...table(files),
    ...wide,
    learningRate: 0.0002,
  }),
} satisfies Record<string, Sample>;
