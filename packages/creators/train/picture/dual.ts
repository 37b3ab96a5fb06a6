import { type Random, seededRandom, Tensor, toParameters, type WasmBackend } from "@inkseal/lab";
import { mainColour } from "../../src/picture/colours.ts";
import { type DualSize, dualLoss, initialDual } from "../../src/picture/dual.ts";
import type { Words } from "../../src/picture/words.ts";
import { drawChange, writeChanged } from "./augment.ts";
import { caption } from "./captions.ts";
import { type Stage, teach } from "./lesson.ts";
import { heldPictures, retrieval } from "./measure.ts";
import { side } from "./rasters.ts";
import { split, type TrainingSet } from "./training-set.ts";

const values = side * side * 4;
export interface DualCourse {
  readonly size: DualSize;
  readonly batch: number;
  readonly stages: readonly Stage[];
  readonly out: string;
  readonly seed: number;
}
export async function teachDual(backend: WasmBackend, set: TrainingSet, words: Words, course: DualCourse): Promise<void> {
  const { size, batch, stages, out, seed } = course;
  const { train, held } = split(set);
  const parameters = toParameters(backend, initialDual(size, seededRandom(seed)));
  /** Pictures of different things with what one may say of them. */
  const pairs = (count: number, random: Random): { pictures: Tensor; rows: (readonly number[])[] } => {
    const data = new Float32Array(count * values);
    const rows: (readonly number[])[] = [];
    const seen = new Set<number>();
    while (rows.length < count) {
      const drawn = train[Math.floor(random() * train.length)]!;
      if (seen.has(drawn.concept)) continue;
      seen.add(drawn.concept);
      const concept = set.concepts[drawn.concept]!;
      const at = rows.length * values;
      const change = drawChange(random, { mirror: concept.mirror, hues: 0.2 });
      writeChanged(drawn.pixels, change, data, at);
      const main = mainColour(data.subarray(at, at + values));
      const told = main !== undefined && main.share > 0.4 && (change.hue !== 0 || random() < 0.3) ? main.colour : undefined;
      const { tokens } = words.read(caption(concept, told, change.hue !== 0, random));
      rows.push(tokens);
    }
    return { pictures: Tensor.from(backend, data, [count, side, side, 4]), rows };
  };
  const rightOfHeld = (): number => {
    const shares = ["noto", "twemoji", "fluent"].map((style) => {
      const { pictures, prompts } = heldPictures(set, held, style);
      return retrieval({ dual: parameters, backend, words }, pictures, prompts);
    });
    return shares.reduce((sum, share) => sum + share / shares.length, 0);
  };
  await teach(
    {
      parameters,
      batch,
      loss: (random) => {
        const { pictures, rows } = pairs(batch, random);
        return dualLoss(parameters, pictures, rows);
      },
      evaluate: () => 1 - rightOfHeld(),
    },
    { name: "dual", out, stages, seed, weightDecay: 0.05, beta2: 0.98, evaluations: 16 },
  );
}
