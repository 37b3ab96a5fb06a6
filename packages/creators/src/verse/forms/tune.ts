import { InksealError } from "@inkseal/core";
import type { Form, FormLine } from "./form.ts";
import { tunePatterns } from "./tunes.gen.ts";

/** Names that poets gave one and the same tune. */
const otherNames: Readonly<Record<string, string>> = {
  忆江南: "望江南",
  江南好: "望江南",
  念奴娇令: "念奴娇",
  百字令: "念奴娇",
  大江东去: "念奴娇",
  鹊踏枝: "蝶恋花",
  丑奴儿令: "丑奴儿",
  采桑子令: "采桑子",
  江城梅花引: "江梅引",
  浪淘沙令: "浪淘沙",
  买陂塘: "摸鱼儿",
  貂裘换酒: "贺新郎",
  一剪梅: "一翦梅",
  桃园忆故人: "桃源忆故人",
};

/** Characters of the first part, where the poem does not fall into two like halves. */
const firstParts: Readonly<Record<string, number>> = {
  水调歌头: 48,
  满江红: 47,
  念奴娇: 49,
  酹江月: 49,
  沁园春: 56,
  贺新郎: 57,
  金缕曲: 57,
  清平乐: 22,
  菩萨蛮: 24,
  点绛唇: 20,
  诉衷情: 23,
  好事近: 22,
  鹧鸪天: 28,
  思佳客: 28,
  忆秦娥: 21,
  秦楼月: 21,
  阮郎归: 24,
  水龙吟: 52,
  满庭芳: 48,
  永遇乐: 52,
  齐天乐: 51,
  八声甘州: 46,
  声声慢: 49,
  摸鱼儿: 57,
  青玉案: 33,
  洞仙歌: 34,
  望海潮: 53,
  浣溪沙: 21,
};

const patterns = new Map<string, { readonly pattern: string; readonly echoes: ReadonlyMap<number, number> }>();
for (const line of tunePatterns.trim().split("\n")) {
  const [name, , pattern, pairs = ""] = line.split(" ") as [string, string, string, string?];
  const echoes = [...pairs.matchAll(/(\d+):(\d+)/g)].map(([, place, earlier]) => [Number(place), Number(earlier)] as const);
  patterns.set(name, { pattern, echoes: new Map(echoes) });
}

/** A tune's pattern: at each place a tone, a letter where it rhymes, and the marks. */
export const patternOf = (name: string): string => patterns.get(knownTune(name) ?? "")?.pattern ?? "";
/** Places that repeat earlier ones. */
export const echoesOf = (name: string): ReadonlyMap<number, number> => patterns.get(knownTune(name) ?? "")?.echoes ?? new Map();
/** Every 词牌 that Verse knows, the commonest first. */
export const tuneNames: readonly string[] = [...patterns.keys()];
/** The name under which we know a tune, or undefined. */
export const knownTune = (name: string): string | undefined =>
  patterns.has(name) ? name : patterns.has(otherNames[name] ?? "") ? otherNames[name] : undefined;
export const allTuneNames: readonly string[] = [
  ...tuneNames,
  ...Object.keys(otherNames).filter((name) => knownTune(name) !== undefined && !patterns.has(name)),
];

/** The form of a 词牌, as most of its poets in the Song kept it. Throws `cannot-do` for a tune that too few have left. */
export function tune(name: string): Form {
  const known = knownTune(name);
  if (known === undefined)
    throw new InksealError(
      "cannot-do",
      `Verse does not know the tune asked for; it knows ${tuneNames.length}: ${tuneNames.slice(0, 12).join("、")} …`,
      { param: "controls.own.tune" },
    );
  const lines = [...patterns.get(known)!.pattern.matchAll(/([平仄中]+)([a-z]?)([，。、])/g)].map(
    ([, tones, rhyme, mark]): FormLine => ({
      tones: [tones!],
      mark: mark as FormLine["mark"],
      ...(rhyme !== "" && { rhyme: rhyme!.charCodeAt(0) - 97 }),
    }),
  );
  const breakAfter = partAt(lines, firstParts[known]) ?? halves(lines);
  const { echoes } = patterns.get(known)!;
  return { name: known, metres: [{ name: known, lines }], echoes, ...(breakAfter !== undefined && { breakAfter }) };
}

/** The line that ends with the so-manieth character, if a sentence ends there. */
function partAt(lines: readonly FormLine[], characters: number | undefined): number | undefined {
  let count = 0;
  const line = lines.findIndex(({ tones }) => (count += tones[0]!.length) === characters);
  return line >= 0 && lines[line]!.mark === "。" ? line + 1 : undefined;
}

/** Lines of the first half, where both halves are cut alike but for their first line. */
function halves(lines: readonly FormLine[]): number | undefined {
  const shape = lines.map(({ tones, mark }) => `${tones[0]!.length}${mark}`);
  if (shape.length % 2 !== 0 || shape.length < 6) return undefined;
  const half = shape.length / 2;
  return shape.slice(1, half).join() === shape.slice(half + 1).join() && shape[half - 1]!.endsWith("。") ? half : undefined;
}
