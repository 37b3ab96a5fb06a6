import * as t from "@inkseal/lab";
import {
  type GptConfig,
  GptConfigSchema,
  gptEmbed,
  gptLayers,
  gptLogits,
  gptRotation,
  gptShapes,
  Ids,
  initialGpt,
  initialWeights,
  type Parameters,
  parameter,
  type Random,
  type Tensor,
  toParameters,
  type WasmBackend,
} from "@inkseal/lab";
import { bag } from "../../src/picture/bag.ts";
import type { Wish } from "../../src/picture/flow.ts";

/**
 * What was tried beside the flow, in the manner of DALL·E (Ramesh et al. 2021): the grid's places as codes, drawn one after another by a
 * GPT that begins with the words.
 */
export interface Rival {
  readonly config: GptConfig;
  readonly parameters: Parameters;
  readonly codes: Float32Array;
  readonly latent: number;
}
const places = 64;

/** Lloyd's algorithm over places [.., latent], from places drawn at random. */
export function codebook(grids: Float32Array, latent: number, count: number, random: Random, rounds = 8): Float32Array {
  const all = grids.length / latent;
  const sample = Float32Array.from({ length: 16_384 }, () => Math.floor(random() * all));
  const codes = new Float32Array(count * latent);
  for (let k = 0; k < count; k++) codes.set(grids.subarray(sample[k]! * latent, (sample[k]! + 1) * latent), k * latent);
  for (let round = 0; round < rounds; round++) {
    const sums = new Float32Array(count * latent);
    const members = new Float32Array(count);
    for (const place of sample) {
      const k = nearestCode(codes, grids, place, latent);
      members[k]!++;
      for (let c = 0; c < latent; c++) sums[k * latent + c]! += grids[place * latent + c]!;
    }
    for (let i = 0; i < codes.length; i++) {
      const m = members[Math.floor(i / latent)]!;
      if (m > 0) codes[i] = sums[i]! / m;
    }
  }
  return codes;
}
export function nearestCode(codes: Float32Array, grids: Float32Array, place: number, latent: number): number {
  let [best, least] = [0, Infinity];
  for (let k = 0; k < codes.length / latent; k++) {
    let off = 0;
    for (let c = 0; c < latent && off < least; c++) off += (codes[k * latent + c]! - grids[place * latent + c]!) ** 2;
    if (off < least) [best, least] = [k, off];
  }
  return best;
}
export function openRival(
  backend: WasmBackend,
  {
    words,
    styles,
    width,
    layers,
    codes,
    latent,
    random,
  }: { words: number; styles: number; width: number; layers: number; codes: Float32Array; latent: number; random: Random },
): Rival {
  const vocab = codes.length / latent;
  const config = GptConfigSchema.parse({ kind: "gpt", vocab, context: places, layers, width, heads: 4 });
  const extra = initialWeights(
    new Map<string, readonly number[]>([
      ["words", [words, 128]],
      ["text.weight", [width, 128]],
      ["text.bias", [width]],
      ["styles", [styles, width]],
    ]),
    random,
    (name) => (name === "words" ? 1 : name === "styles" ? 0.05 : 0.05 / Math.sqrt(128)),
  );
  return { config, codes, latent, parameters: toParameters(backend, new Map([...initialGpt(config, random), ...extra])) };
}
export const rivalShapes = gptShapes;

/** Codes so far [B, T] → logits of T + 1 places. */
function logits({ config, parameters: p }: Rival, wishes: readonly Wish[], before: Int32Array, T: number): Tensor {
  const { backend } = parameter(p, "styles");
  const B = wishes.length;
  const text = t.linear(
    bag(
      p,
      "words",
      wishes.map((w) => w.words),
      backend,
    ),
    parameter(p, "text.weight"),
    parameter(p, "text.bias"),
  );
  const style = t.gather(
    parameter(p, "styles"),
    Ids.from(
      backend,
      wishes.map((w) => w.style),
      [B],
    ),
  );
  const first = t.reshape(t.add(text, style), [B, 1, config.width]);
  const stream = T === 0 ? first : t.concat([first, gptEmbed(config, p, Ids.from(backend, before, [B, T]))], 1);
  return gptLogits(config, p, gptLayers(config, p, gptRotation(backend, config), stream).x);
}
export function rivalLoss(rival: Rival, wishes: readonly Wish[], codes: Int32Array): Tensor {
  const B = wishes.length;
  const before = new Int32Array(B * (places - 1));
  for (let b = 0; b < B; b++) before.set(codes.subarray(b * places, (b + 1) * places - 1), b * (places - 1));
  const all = logits(rival, wishes, before, places - 1);
  return t.crossEntropy(all, Ids.from(all.backend, codes, [B, places]));
}
/** Grids of the codes that are drawn one after another, at this temperature. */
export function drawRival(rival: Rival, wishes: readonly Wish[], temperature: number, random: Random): Float32Array {
  const B = wishes.length;
  const { codes, latent, config } = rival;
  const out = new Float32Array(B * places * latent);
  let before = new Int32Array(0);
  for (let T = 0; T < places; T++) {
    const values = t.scope(() =>
      t.untracked(() =>
        t
          .slice(logits(rival, wishes, before, T), 1, T, T + 1)
          .valuesSync()
          .slice(),
      ),
    );
    const next = new Int32Array(B * (T + 1));
    for (let b = 0; b < B; b++) {
      const row = values.subarray(b * config.vocab, (b + 1) * config.vocab);
      const top = Math.max(...row);
      const weights = row.map((x) => Math.exp((x - top) / temperature));
      let left = random() * weights.reduce((a, x) => a + x, 0);
      let code = 0;
      while (code < weights.length - 1 && (left -= weights[code]!) > 0) code++;
      next.set(before.subarray(b * T, (b + 1) * T), b * (T + 1));
      next[b * (T + 1) + T] = code;
      out.set(codes.subarray(code * latent, (code + 1) * latent), (b * places + T) * latent);
    }
    before = next;
  }
  return out;
}
