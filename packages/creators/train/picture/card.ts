import { readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { art } from "./concepts.ts";
import type { Copying } from "./measure.ts";
import { prompts } from "./prompts.ts";
import type { TrainingSet } from "./training-set.ts";

export interface Measured {
  readonly r1: number;
  readonly r1Trained: number;
  readonly r1Real: number;
  readonly realCount: number;
  readonly copying: Copying;
}
export interface CardFacts {
  /** Folder with the logs of the three trainings. */
  readonly logs: string;
  readonly set: TrainingSet;
  readonly words: number;
  readonly parameters: Readonly<Record<"autoencoder" | "flow" | "dual", number>>;
  readonly bytes: number;
  readonly seed: number;
  readonly recipe: Readonly<Record<string, unknown>>;
  readonly measured: Measured;
}
interface Line {
  readonly step: number;
  readonly train: number;
  readonly held: number;
  readonly seconds: number;
}

/** The model card, written from what the training did and measured. */
export async function modelCard({ logs, set, words, parameters, bytes, seed, recipe, measured }: CardFacts): Promise<string> {
  const { r1, r1Trained, r1Real, realCount, copying } = measured;
  const count = (style: string): number =>
    set.pictures.filter((p) => p.style === style && !set.concepts[p.concept]!.held).length;
  const held = set.concepts.filter((c) => c.held).length;
  const losses = await Promise.all(
    (["autoencoder", "flow", "dual"] as const).map(async (name) => curve(name, await readLog(join(logs, `${name}.jsonl`)))),
  );
  const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;
  return `# inkseal-picture

Draws one thing in the manner of emoji art from a few words in English or Chinese: 64 × 64 pixels by the model, enlarged with clean edges to what is asked (1024 × 1024). Five manners: ${Object.keys(art).join(", ")}. Also variations of a picture, redrawing a part of it, and choosing among candidates.

Good at: animals, food, faces, plants, hearts, simple objects; colours by name; one of the words in its vocabulary of ${words.toLocaleString("en")} English words, Han characters and pairs of them.
Bad at: anything else. It is small and was trained for less than an hour: shapes are often loose, details of people and machines are mush, two things in one picture blend into one, order of words and grammar are not read, numbers are not counted, there is no writing. Held-out things are often drawn as their nearest relatives. Photographs, portraits and scenes are refused. The failures are in the contact sheet: ${"`sheet.webp`"}.

## Parts

| part | parameters | what |
| --- | ---: | --- |
| autoencoder | ${parameters.autoencoder.toLocaleString("en")} | 64 × 64 RGBA ↔ 8 × 8 places; convolutions |
| flow | ${parameters.flow.toLocaleString("en")} | latent flow matching by a residual perceptron over the whole grid; words, style and time shift and scale its layers |
| dual encoder | ${parameters.dual.toLocaleString("en")} | CLIP-like: chooses among candidates, measures |

int8 in groups of 32, the tables of words int4: ${(bytes / 1e6).toFixed(1)} MB.

## Data

| style | npm package | licence | pictures trained on |
| --- | --- | --- | ---: |
${Object.entries(art)
  .map(([style, a]) => `| ${style} | ${a.package} ${a.version} | ${a.licence} | ${count(style)} |`)
  .join("\n")}

Names: emojibase-data 17.0.0 (MIT), English, Chinese (simplified; labels also traditional). Twemoji: © Twitter, Inc and other contributors, CC-BY 4.0.
Left out: the art of Apple and Facebook (not free), OpenMoji (CC-BY-SA) and EmojiOne v2 (CC-BY-SA), skin-tone and gender variants, flags, letters and signs.
${set.concepts.length} things, of which ${held} (${percent(held / set.concepts.length)}) are held out in all styles. Digest of drawings (SHA-256): \`${set.digest}\`.
Augmented by mirroring, shifts of up to two pixels, and turns of the hue, which are named by the colour that they give.

## Training

\`npm run train -- picture\`, seed ${seed}, on one thread of ${cpus()[0]?.model.trim() ?? "a CPU"} (shared with other work). Recipe: \`${JSON.stringify(recipe)}\`. Of the flow's first stage the cosine was one of 4,000 steps, cut at 2,158 for want of time, so training anew gives the same recipe but not the same bits.

${losses.join("\n\n")}

## Measured

| what | value | how |
| --- | ---: | --- |
| R@1 of generated pictures, 64 prompts that name no training picture | ${percent(r1)} | one picture a prompt, no choice among candidates; right when its own prompt is nearest of the ${prompts.length} to the dual encoder; chance 1.6 % |
| the same of 64 names of training pictures | ${percent(r1Trained)} | |
| the same of real pictures of held-out things | ${percent(r1Real)} | ${realCount} things, mean over noto, twemoji and fluent |
| copy rate | ${percent(copying.rate)} | share of generated pictures nearer to a training picture than ${copying.threshold.toFixed(4)}, the fifth percentile of real held-out pictures (5 % would be as new as those); distance: root mean square over 16 × 16 means of RGBA, mirrored or not |
| median distance to the nearest training picture | ${copying.median.toFixed(4)} | real held-out pictures: ${copying.heldMedian.toFixed(4)} |

The same by \`npm run bench -- creators --only=picture_r1,picture_copy_rate\`. The dual encoder that judges was trained here on the same training pictures and never saw what is held out.

Licence of the weights: Apache-2.0; with attribution to Twemoji (CC-BY 4.0).
`;
}
async function readLog(path: string): Promise<Line[]> {
  return (await readFile(path, "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}
function curve(name: string, lines: readonly Line[]): string {
  const shown = lines.filter((_, i) => i === lines.length - 1 || i % Math.ceil(lines.length / 7) === 0);
  const held = name === "dual" ? "held-out error of R@1" : "held-out loss";
  return [
    `${name}: ${lines.at(-1)!.step} steps in ${(lines.at(-1)!.seconds / 60).toFixed(1)} minutes.`,
    "",
    `| step | ${shown.map((l) => l.step).join(" | ")} |`,
    `| --- | ${shown.map(() => "---:").join(" | ")} |`,
    `| training loss | ${shown.map((l) => l.train.toFixed(3)).join(" | ")} |`,
    `| ${held} | ${shown.map((l) => l.held.toFixed(3)).join(" | ")} |`,
  ].join("\n");
}
