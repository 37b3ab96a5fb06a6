import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InksealError } from "@inkseal/core";
import type { SeededRandom } from "@inkseal/lab";
import { readAbc } from "../../src/melody/abc/read.ts";
import { barTicks, metreName, type Tune, ticksOf } from "../../src/melody/score/tune.ts";
import { encodeTune } from "../../src/melody/tune/encode.ts";
import type { Genre } from "../../src/melody/tune/vocabulary.ts";

export const tunebooks = ["airds-airs.abc", "oneills-1850.abc", "ryans-mammoth.abc"] as const;

export interface TrainingTune {
  readonly tune: Tune;
  readonly genre: Genre;
  readonly tokens: readonly number[];
}
export interface Tunebook {
  readonly train: readonly TrainingTune[];
  /** One in twenty, chosen by title, so that another setting of the same tune is on the same side. */
  readonly held: readonly TrainingTune[];
  /** Why tunes were left out, and how many. */
  readonly left: ReadonlyMap<string, number>;
}

/** All tunes whose bars add up and whose notes the model can say. */
export async function readTunes(folder: string): Promise<Tunebook> {
  const train: TrainingTune[] = [];
  const held: TrainingTune[] = [];
  const left = new Map<string, number>();
  const leave = (why: string): void => void left.set(why, (left.get(why) ?? 0) + 1);
  for (const book of tunebooks) {
    const text = (await readFile(join(folder, book), "latin1")).replace(/\r\n?/g, "\n");
    for (const abc of text.split(/\n(?=X:)/).filter((t) => t.startsWith("X:"))) {
      try {
        const tune = readAbc(abc);
        if (!adds(tune)) {
          leave("bars that do not add up");
          continue;
        }
        const genre = genreOf(tune, abc);
        const title = (tune.title ?? abc).toLowerCase().replace(/ -.*| no\.? *\d+|\b(the|a|an)\b|[^a-z]/g, "");
        const side = createHash("sha256").update(title).digest()[0]! < 13 ? held : train;
        side.push({ tune, genre, tokens: encodeTune(tune, genre) });
      } catch (error) {
        if (!(error instanceof InksealError)) throw error;
        leave(error.message.startsWith("ABC") ? "changes of key, second voices and slips of the pen" : error.message);
      }
    }
  }
  return { train, held, left };
}

/** Old prints are careless about the rest that a strain's upbeat leaves to its last bar, so only that one may be short. */
function adds({ metre, parts }: Tune): boolean {
  const whole = barTicks(metre);
  return parts.every(
    ({ upbeat, bars }) =>
      ticksOf(upbeat) < whole &&
      bars.length > 0 &&
      bars.every((bar, b) => ticksOf(bar) === whole || (b === bars.length - 1 && ticksOf(bar) < whole)),
  );
}

/** By the book's own word, else the title's, else what a metre is nearly always used for. */
function genreOf({ rhythm = "", title = "", metre }: Tune, abc: string): Genre {
  const metreIs = metreName(metre);
  for (const words of [rhythm, title.toLowerCase()]) {
    if (/slip ?jig/.test(words)) return "slip jig";
    if (/\bjig|slide/.test(words)) return metreIs === "9/8" ? "slip jig" : /\/8/.test(metreIs) ? "jig" : "tune";
    if (/hornpipe|clog/.test(words)) return "hornpipe";
    if (/strathspey|fling/.test(words)) return "strathspey";
    if (/reel/.test(words)) return "reel";
    if (/march|quick ?step|retreat|troop/.test(words)) return "march";
    if (/\bair\b|song|lament|lullaby/.test(words)) return "air";
  }
  if (/^N:.*(slow|tender|feeling|plaintive)/im.test(abc)) return "air";
  return metreIs === "9/8" ? "slip jig" : "tune";
}

/** Rows for training: tunes one after another from their beginnings. */
export function tuneRows(tunes: readonly TrainingTune[]) {
  return (random: SeededRandom, length: number): Int32Array => {
    const row: number[] = [];
    while (row.length <= length) for (const id of tunes[random.below(tunes.length)]!.tokens) row.push(id);
    return Int32Array.from(row.slice(0, length + 1));
  };
}
