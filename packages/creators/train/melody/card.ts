import type { GptConfig } from "@inkseal/lab";
import type { Chorales } from "./chorale-data.ts";
import type { Fitted } from "./fit.ts";
import type { Tunebook } from "./tune-data.ts";

export interface CardPart {
  readonly name: string;
  readonly config: GptConfig;
  readonly logs: readonly Omit<Fitted, "weights">[];
  readonly batch: number;
  readonly rate: string;
  /** Nats a frame on the validation and test chorales. */
  readonly nats?: readonly [valid: number, test: number];
}
interface CardWords {
  readonly parts: readonly CardPart[];
  readonly digests: readonly (readonly [file: string, sha256: string])[];
  readonly tunes: Tunebook;
  readonly chorales: Chorales;
}

/** The model card: what the weights are, made of what, how well. */
export function card({ parts, digests, tunes, chorales }: CardWords): string {
  const reasons = new Map<string, number>();
  for (const [why, n] of tunes.left) {
    const short = why.replace(/^the tune model (knows|has) no .*/, "notes, durations or modes that are too rare");
    reasons.set(short, (reasons.get(short) ?? 0) + n);
  }
  const left = [...reasons].sort((a, b) => b[1] - a[1]).map(([why, n]) => `${n} for ${why}`);
  const genres = new Map<string, number>();
  for (const { genre } of tunes.train) genres.set(genre, (genres.get(genre) ?? 0) + 1);
  const lines = [
    "# inkseal-melody",
    "",
    "Two small Transformers (Llama's parts, int8): `tunes` writes one melody, `chorales` four voices, freely or under a given melody. Made by `npm run train -- melody`.",
    "",
    "## What it does, and what it does badly",
    "",
    "Tunes in the manner of British and Irish dance books of 1780 to 1905 (reels, jigs, slip jigs, hornpipes, strathspeys, marches, airs); waltzes, minuets and polkas are",
    "plain tunes in their metre, of which the books have few. Chorales after Bach on a grid of eighths. Bars, key, range, length, the last note, a given opening, and the",
    "order and range of voices are exact by construction, whatever the weights; what is between them is the model's taste. It has no plan of a whole piece: phrases",
    "answer each other, strains hardly do, and the fourth strain may have forgotten the first. Chorales without a given melody wander more than harmonised ones. No",
    "lyrics, singing, drums, modern styles or modulation.",
    "",
    "## Data",
    "",
    `Tunes: ${tunes.train.length} to learn from, ${tunes.held.length} held out by title (${[...genres].map(([g, n]) => `${n} ${g}`).join(", ")}; "tune" where the book does not say). Left out: ${left.join(", ")}.`,
    "Pitches are places over the tonic, so every tune is learnt in all keys at once and none is transposed.",
    "",
    `Chorales: the standard split of Boulanger-Lewandowski et al. 2012, ${chorales.train.length}, ${chorales.valid.length} and ${chorales.test.length} pieces, in two editions (sets of quarters; voices of sixteenths, every second one used); all in C, in the tokens as in the first edition.`,
    "",
    "Bach's chorales and the tunebooks (Aird's Airs, O'Neill's Music of Ireland, Ryan's Mammoth Collection) are in the public domain; the transcribers are named in the files.",
    "",
    "| file | SHA-256 |",
    "| --- | --- |",
    ...digests.map(([file, sha]) => `| ${file} | \`${sha}\` |`),
    "",
    "## Training",
    "",
    "One core of an AMD EPYC, shared with other work. AdamW (0.9, 0.98), weight decay 0.1, clip 1, cosine to a twentieth, seed 1; the best held-out weights are kept.",
    "",
    "| model | parameters | shape | dropout | rows × tokens × steps | rate | minutes | held out, nats a token |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ...parts.map(({ name, config, logs, batch, rate }) => {
      const steps = logs.map(({ curve }) => curve.at(-1)!.step).join(" + ");
      const minutes = logs.reduce((sum, { seconds }) => sum + seconds, 0) / 60;
      const best = Math.min(...logs.flatMap(({ curve }) => curve.map(({ held }) => held)));
      return `| ${name} | ${logs[0]!.parameters.toLocaleString("en")} | ${config.layers} × ${config.width}, ${config.heads} heads, context ${config.context} | ${config.dropout} | ${batch} × ${config.context} × ${steps} | ${rate} | ${minutes.toFixed(1)} | ${best.toFixed(3)} |`;
    }),
    "",
    ...parts.flatMap(({ name, logs }) => {
      const points = logs.flatMap(({ curve }, s) =>
        curve.map((p) => ({ ...p, step: p.step + logs.slice(0, s).reduce((sum, l) => sum + l.curve.at(-1)!.step, 0) })),
      );
      return [
        `Loss of \`${name}\` over its steps (training, held out):`,
        "",
        `| ${points.map(({ step }) => step).join(" | ")} |`,
        `|${" --- |".repeat(points.length)}`,
        `| ${points.map(({ train }) => train.toFixed(2)).join(" | ")} |`,
        `| ${points.map(({ held }) => held.toFixed(2)).join(" | ")} |`,
        "",
      ];
    }),
    "## Measured",
    "",
    ...parts.flatMap(({ nats }) =>
      nats === undefined
        ? []
        : [
            `JSB chorales, nats a frame of the shipped int8 weights: validation ${nats[0].toFixed(2)}, test ${nats[1].toFixed(2)} (Bai et al. 2018: TCN 8.10, GRU 8.43, LSTM 8.45; RNN-NADE 5.56 in Boulanger-Lewandowski et al. 2012). A frame is a set`,
            "of notes; here it is a chain (the highest, then from the lowest up, then that no more follow), there 88 independent Bernoulli variables: both are −ln p of the same set given all before it,",
            "over every frame but a piece's first. The model sees at most 384 tokens back; that a piece is in major or minor is not told but summed over.",
            "",
          ],
    ),
    "The rest (rules kept, cold start, notes copied, memory) is measured by `npm run bench -- creators --only=melody_jsb_nll,melody_rules_ok,melody_copied_notes,melody_parallels,melody_cold_s`.",
    "",
  ];
  return lines.join("\n");
}
