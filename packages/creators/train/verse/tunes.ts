/**
 * Writes src/verse/forms/tunes.gen.ts: the 词牌 as their poets kept them. For each, the most common cut into lines, its rhymes, and at each
 * place the tone that at least nine in ten poems have there.
 */
import { writeFileSync } from "node:fs";
import { level, oblique, rhymeBook } from "../../src/verse/books/rhyme-book.ts";
import { type Poem, readPoems } from "./corpus.ts";

/** Fewer poems than this say too little about a tune. */
const fewest = 10;
const agreed = 0.9;
const tones = rhymeBook("平水韵");
const parts = rhymeBook("词林正韵");

const cut = (body: string): string => body.replace(/[^，。、]+/g, (line) => `${[...line].length}`);
function largest<T>(list: readonly T[], key: (item: T) => string): T[] {
  const groups = new Map<string, T[]>();
  for (const item of list) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return [...groups.values()].sort((a, b) => b.length - a.length)[0] ?? [];
}
const partsOf = (c: string): Set<string> => new Set(parts.groupsOf(c).map((g) => parts.groups[g]!.name));
/** 平, 仄, or 中 where poets are free. */
function toneAt(poems: readonly string[][], place: number): string {
  let levels = 0;
  let obliques = 0;
  for (const poem of poems) {
    const bits = tones.tones(poem[place]!);
    if (bits === level) levels++;
    if (bits === oblique) obliques++;
  }
  const share = levels / (levels + obliques);
  return share >= agreed ? "平" : share <= 1 - agreed ? "仄" : "中";
}

/** Places that rhyme with one another, as letters; "" where what should rhyme does not. */
function rhymesOf(poems: readonly string[][], places: readonly number[]): string[] {
  const together = (a: number, b: number): number =>
    poems.filter((poem) => {
      const other = partsOf(poem[b]!);
      return [...partsOf(poem[a]!)].some((part) => other.has(part));
    }).length / poems.length;
  const letters: string[] = [];
  let next = 0;
  places.forEach((place, i) => {
    const with_ = places.slice(0, i).findIndex((earlier) => together(earlier, place) >= 0.7);
    letters.push(with_ >= 0 ? letters[with_]! : String.fromCharCode(97 + next++));
  });
  return letters;
}

/** Places that say again what an earlier one said, as `place:earlier`, in nearly all poems: 知否。知否。 */
function echoesOf(poems: readonly string[][], tones: readonly string[], rhymes: readonly string[]): Map<number, number> {
  const echoes = new Map<number, number>();
  for (let place = 1; place < tones.length; place++)
    for (let earlier = place - 1; earlier >= 0 && !echoes.has(place); earlier--) {
      const again = poems.filter((poem) => poem[place] === poem[earlier]).length / poems.length;
      const agree = rhymes[place] === rhymes[earlier] && new Set([tones[place], tones[earlier], "中"]).size < 3;
      if (again >= 0.7 && agree) echoes.set(place, echoes.get(earlier) ?? earlier);
    }
  return echoes;
}
/** Of them those that are whole lines. */
function wholeLines(echoes: Map<number, number>, marks: ReadonlyMap<number, string>): Map<number, number> {
  const kept = new Map<number, number>();
  let start = 0;
  for (const end of marks.keys()) {
    const line = Array.from({ length: end + 1 - start }, (_, i) => start + i);
    if (line.every((place) => echoes.has(place))) for (const place of line) kept.set(place, echoes.get(place)!);
    start = end + 1;
  }
  return kept;
}

function tuneOf(poems: readonly Poem[]): { pattern: string; count: number; echoes: string } | undefined {
  const shaped = largest(poems, ({ body }) => cut(body));
  const bodies = shaped.map(({ body }) => [...body.replace(/[，。、]/g, "")]);
  const marked = [...shaped[0]!.body];
  const marks = new Map<number, string>();
  let at = -1;
  for (const c of marked) /[，。、]/.test(c) ? marks.set(at, c) : at++;
  const places = [...marks].filter(([, mark]) => mark === "。").map(([place]) => place);
  // a tune may be sung with level or with oblique rhymes: keep the commoner way
  const sung = largest(
    bodies,
    (poem) =>
      places
        .map((p) => {
          const bits = tones.tones(poem[p]!);
          return bits === 3 ? "?" : bits;
        })
        .join("")
        .replaceAll("?", "")[0] ?? "",
  );
  if (sung.length < fewest) return undefined;
  const letters = rhymesOf(sung, places);
  const tonesAt = Array.from({ length: at + 1 }, (_, p) => toneAt(sung, p));
  const rhymes = tonesAt.map((_, p) => (marks.get(p) === "。" ? letters[places.indexOf(p)]! : ""));
  if (rhymes.some((rhyme, p) => rhyme !== "" && tonesAt[p] === "中")) return undefined; // no one way of rhyming
  const echoes = wholeLines(echoesOf(sung, tonesAt, rhymes), marks);
  for (const [place, earlier] of echoes) {
    const tone = tonesAt[place] === "中" ? tonesAt[earlier]! : tonesAt[place]!;
    tonesAt[place] = tone;
    tonesAt[earlier] = tone;
  }
  const pattern = tonesAt.map((tone, p) => tone + rhymes[p]! + (marks.get(p) ?? "")).join("");
  return { pattern, count: sung.length, echoes: [...echoes].map((pair) => pair.join(":")).join(",") };
}

const byTune = new Map<string, Poem[]>();
for (const poem of readPoems().poems)
  if (poem.form === "词" && poem.era === "宋" && !poem.held) byTune.set(poem.tune!, [...(byTune.get(poem.tune!) ?? []), poem]);
const lines: string[] = [];
for (const [tune, poems] of [...byTune].sort((a, b) => b[1].length - a[1].length)) {
  if (poems.length < fewest) continue;
  const found = tuneOf(poems);
  if (found === undefined) console.log(`left out: ${tune}, ${poems.length} poems`);
  else lines.push(`${tune} ${found.count}/${poems.length} ${found.pattern}${found.echoes && ` ${found.echoes}`}`);
}
writeFileSync(
  new URL("../../src/verse/forms/tunes.gen.ts", import.meta.url),
  `// Generated by train/verse/tunes.ts from the Song 词 of chinese-poetry (MIT). One tune a line: name, poems that keep this cut / all, pattern, places that repeat others.\nexport const tunePatterns = \`\n${lines.join("\n")}\n\`;\n`,
);
console.log(`${lines.length} tunes`);
