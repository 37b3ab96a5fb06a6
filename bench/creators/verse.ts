/** Verse: whether its form holds, how well it knows verse it has not seen, what it copies, and its tones and rhymes beside those of the Tang. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { nodePlace, weightsFolder } from "@inkseal/creators/node";
import { alphabetOf, headOf, heldPerplexity, type Poem, readPoems, sourcesOf } from "@inkseal/creators/train/verse";
import {
  bookChoices,
  echoesOf,
  faults,
  formNames,
  level,
  oblique,
  openVerse,
  patternOf,
  rhymeBook,
  tuneNames,
  type VerseJob,
} from "@inkseal/creators/verse";
import { readModel, seededRandom } from "@inkseal/lab";
import { kept } from "../kept.ts";
import type { Claim, Row } from "../run.ts";
import { KneserNey } from "./kneser-ney.ts";

type Options = Parameters<Claim["run"]>[0];

const sources = [
  "packages/creators/src/verse",
  "packages/creators/train/verse",
  "bench/creators/verse.ts",
  "bench/creators/kneser-ney.ts",
];
const weightsDigest = async (): Promise<string> =>
  createHash("sha256")
    .update(await readFile(join(weightsFolder("verse"), "model.packed.safetensors")))
    .digest("hex")
    .slice(0, 12);

export async function verse({ quick, fresh, only, log }: Options): Promise<Row[]> {
  const wants = (...names: string[]): boolean => only === undefined || names.some((name) => only.has(name));
  const digest = await weightsDigest();
  const rows: Row[] = [];
  const when = ({ at, now }: { at: string; now: boolean }): string => (now ? "" : `; measured ${at}`);
  if (wants("verse_form_ok", "verse_tone_opposition", "verse_rhyme", "verse_copied_span", "verse_copied_lines")) {
    const count = quick ? 60 : 600;
    const found = await kept(`verse-made-${digest}-${count}`, { sources, fresh }, () => madeRows(count, log));
    rows.push(...found.value.map((row) => ({ ...row, note: row.note + when(found) })));
  }
  if (wants("verse_ppl")) {
    const found = await kept(`verse-ppl-${digest}-${quick}`, { sources, fresh }, () => ownPerplexity(quick));
    rows.push({ ...found.value, note: found.value.note + when(found) });
  }
  if (wants("verse_ppl_kn5")) {
    const corpus = ["packages/creators/train/verse", "bench/creators/kneser-ney.ts"];
    const found = await kept(`verse-kn5-${quick}`, { sources: corpus, fresh }, () => rivalPerplexity(quick, log));
    rows.push({ ...found.value, note: found.value.note + when(found) });
  }
  return rows;
}

const pick = <T>(list: readonly T[], random: ReturnType<typeof seededRandom>): T => list[random.below(list.length)]!;

/** A job with controls drawn at random, all kinds of which occur. */
function drawnJob(i: number, random: ReturnType<typeof seededRandom>): VerseJob {
  const maybe = <T>(share: number, value: () => T): T | undefined => (random() < share ? value() : undefined);
  const form = i % 3 === 0 ? "词" : pick(formNames, random);
  const heads = "春夏秋冬山水花月风云江天明清思故人日夜雨雪";
  const lines = ["海内存知己", "春风大雅能容物", "烟锁池塘柳", "山重水复疑无路", "风声雨声读书声声声入耳", "万里江山"];
  const starts = { 五: ["床前明月光", "白日依山尽，黄河", "空山"], 七: ["朝辞白帝彩云间", "两个黄鹂鸣翠柳，一行", "春江"] };
  const regulated = form !== "词" && form !== "对联";
  const start = regulated ? maybe(0.2, () => pick(starts[form[0] as "五" | "七"], random)) : undefined;
  return {
    form,
    tune: form === "词" ? tuneNames[Math.floor(i / 3) % tuneNames.length] : undefined,
    book: form === "词" ? "平水韵" : pick(bookChoices, random),
    rhyme: regulated && start === undefined ? maybe(0.3, () => pick([..."东阳先真天人"], random)) : undefined,
    opening: regulated && start === undefined ? maybe(0.3, () => pick(["平起", "仄起"] as const, random)) : undefined,
    firstLineRhymes: regulated && start === undefined ? maybe(0.3, () => random() < 0.5) : undefined,
    acrostic:
      regulated && start === undefined
        ? maybe(0.3, () => Array.from({ length: 4 }, () => pick([...heads], random)))
        : undefined,
    words:
      form === "对联"
        ? []
        : (maybe(0.4, () => [pick(["明月", "春风", "故人"], random), pick(["江南", "白云", "千里"], random)]) ?? []),
    start,
    upper: form === "对联" ? maybe(0.7, () => pick(lines, random)) : undefined,
    topic: pick(["秋夜", "山居", "送别", "", "咏梅", "登楼"], random),
    era: pick(["唐", "宋"] as const, random),
    traditional: false,
    seed: 1000 + i,
    n: 1,
    temperature: 0.85,
    topP: 0.92,
    candidates: 3,
  };
}

async function madeRows(count: number, log: Options["log"]): Promise<(Row & { note: string })[]> {
  const maker = await openVerse(nodePlace(weightsFolder("verse"), 1));
  const random = seededRandom(4);
  const made: { job: VerseJob; text: string }[] = [];
  let ok = 0;
  for (let i = 0; i < count; i++) {
    const job = drawnJob(i, random);
    let text = "";
    for await (const chunks of maker.make(job, new AbortController().signal))
      for (const chunk of chunks) text += chunk.text ?? "";
    const wrong = faults(text, {
      ...job,
      heads: job.acrostic,
      pattern: patternOf(job.tune ?? ""),
      echoes: echoesOf(job.tune ?? ""),
    });
    if (wrong.length === 0) ok++;
    else log(`${JSON.stringify(job)}\n${text}\n${wrong.join("; ")}`);
    made.push({ job, text });
    if (i % 50 === 49) log(`verse: ${i + 1} of ${count}`);
  }
  const { poems } = readPoems();
  const tang = poems.filter(({ era, form }) => era === "唐" && /[绝律]/.test(form));
  const own = made.filter(({ job }) => /[句律]/.test(job.form) && job.book === "平水韵").map(({ text }) => text);
  const human = tang.map(({ body }) => body);
  const train = poems.filter(({ held }) => !held);
  const bare = (text: string): string => text.replace(/\P{Script=Han}/gu, "");
  const generated = made.filter(({ job }) => job.start === undefined).map(({ text }) => bare(text));
  const held = poems
    .filter((p) => p.held)
    .filter((_, i) => i % 17 === 0)
    .slice(0, generated.length);
  const spans = longestCopies(generated, train);
  const heldSpans = longestCopies(
    held.map(({ body }) => bare(body)),
    train,
  );
  const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;
  const lines = new Set(train.flatMap(({ body }) => body.split(/[，。、]/)));
  const copied = (texts: readonly string[]): number => {
    const all = texts.flatMap((text) => text.split(/[，。、\n]/)).filter((line) => line.length >= 5);
    return all.filter((line) => lines.has(line)).length / all.length;
  };
  return [
    {
      name: "verse_form_ok",
      value: ok / count,
      unit: "share",
      bound: "==1",
      note: `${count} pieces of all forms with random controls, by the judge, which shares no code with the automaton`,
    },
    {
      name: "verse_tone_opposition",
      value: opposition(own),
      unit: "share",
      note: `second, fourth and sixth characters of couplets; ${human.length} regulated poems of the Tang ${opposition(human).toFixed(3)}`,
    },
    {
      name: "verse_rhyme",
      value: rhyming(own),
      unit: "share",
      note: `poems whose even lines share a level group of 平水韵; the Tang ${rhyming(human).toFixed(3)}`,
    },
    {
      name: "verse_copied_span",
      value: Math.max(...spans),
      unit: "characters",
      note: `longest stretch found in the training set, mean ${mean(spans).toFixed(1)}; of as many held-out poems by people ${Math.max(...heldSpans)}, mean ${mean(heldSpans).toFixed(1)}`,
    },
    {
      name: "verse_copied_lines",
      value: copied(made.filter(({ job }) => job.start === undefined).map(({ text }) => text)),
      unit: "share",
      note: `lines of five characters or more that stand in the training set; held-out poems ${copied(held.map(({ body }) => body)).toFixed(3)}`,
    },
  ];
}

const linesOf = (text: string): string[][] =>
  text
    .split(/[，。、\n]/)
    .filter((line) => line !== "")
    .map((line) => [...line]);
function opposition(texts: readonly string[]): number {
  const book = rhymeBook("平水韵");
  let right = 0;
  let all = 0;
  for (const text of texts) {
    const lines = linesOf(text);
    for (let i = 0; i + 1 < lines.length; i += 2)
      for (let place = 1; place < lines[i]!.length - 1; place += 2) {
        const [a, b] = [book.tones(lines[i]![place]!), book.tones(lines[i + 1]![place]!)];
        if (a === 0 || b === 0) continue;
        all++;
        if (((a & level) !== 0 && (b & oblique) !== 0) || ((a & oblique) !== 0 && (b & level) !== 0)) right++;
      }
  }
  return right / all;
}
function rhyming(texts: readonly string[]): number {
  const book = rhymeBook("平水韵");
  const rhymes = (text: string): boolean => {
    const ends = linesOf(text)
      .filter((_, i) => i % 2 === 1)
      .map((line) => book.groupsOf(line.at(-1)!).filter((g) => book.groups[g]!.tone === level));
    return ends[0]!.some((g) => ends.every((groups) => groups.includes(g)));
  };
  return texts.filter(rhymes).length / texts.length;
}

/** For each text the longest stretch of it that some training poem has. */
function longestCopies(texts: readonly string[], train: readonly Poem[]): number[] {
  const seed = 4;
  const found = texts.map(() => seed - 1);
  const places = new Map<string, [text: number, at: number][]>();
  texts.forEach((text, t) => {
    for (let i = 0; i + seed <= text.length; i++) {
      const key = text.slice(i, i + seed);
      const list = places.get(key);
      if (list === undefined) places.set(key, [[t, i]]);
      else list.push([t, i]);
    }
  });
  for (const { body } of train) {
    const other = body.replace(/[，。、]/g, "");
    for (let j = 0; j + seed <= other.length; j++)
      for (const [t, i] of places.get(other.slice(j, j + seed)) ?? []) {
        let n = seed;
        while (i + n < texts[t]!.length && texts[t]![i + n] === other[j + n]) n++;
        if (n > found[t]!) found[t] = n;
      }
  }
  return found;
}

const heldPoems = (poems: readonly Poem[], quick: boolean): Poem[] =>
  poems.filter((p) => p.held).filter((_, i) => i % (quick ? 80 : 8) === 0);
const perPoems = (poems: readonly Poem[]): string =>
  `per Han character of ${poems.length} poems by authors who are held out, given form, title and rhyme`;

async function ownPerplexity(quick: boolean): Promise<Row & { note: string }> {
  const { config, weights, tokenizer } = await readModel(nodePlace(weightsFolder("verse")).read, "verse's weights");
  if (config.kind !== "gpt" || tokenizer === undefined) throw new Error("verse's weights are no model of text");
  const held = heldPoems(readPoems().poems, quick);
  return { name: "verse_ppl", value: heldPerplexity({ config, weights, tokenizer }, held), unit: "", note: perPoems(held) };
}

/** The 5-gram model reads the same alphabet, documents and heads. */
async function rivalPerplexity(quick: boolean, log: Options["log"]): Promise<Row & { note: string }> {
  const { poems } = readPoems();
  const held = heldPoems(poems, quick);
  const tokenizer = alphabetOf(poems);
  const train = sourcesOf(poems).filter(({ name }) => name !== "couplets");
  const parts = train.map((source) =>
    Uint16Array.from(tokenizer.encode((quick ? source.train.slice(0, 4000) : source.train).join(""))),
  );
  const text = new Uint16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let filled = 0;
  for (const part of parts) {
    text.set(part, filled);
    filled += part.length;
  }
  log(`verse: counting 5-grams of ${(text.length / 1e6).toFixed(1)} M tokens`);
  const grams = new KneserNey(text, 5, tokenizer.vocab);
  let nats = 0;
  let count = 0;
  for (const poem of held) {
    const head = tokenizer.encode(headOf(poem));
    const body = [...poem.body];
    const tokens = [...head, ...tokenizer.encode(poem.body)];
    for (let i = head.length; i < tokens.length; i++) {
      if (!/\p{Script=Han}/u.test(body[i - head.length]!)) continue;
      nats -= Math.log(grams.probability(tokens, i, 0));
      count++;
    }
  }
  return {
    name: "verse_ppl_kn5",
    value: Math.exp(nats / count),
    unit: "",
    note: `modified Kneser-Ney, 5-grams of ${(text.length / 1e6).toFixed(1)} M training tokens; ${perPoems(held)}`,
  };
}
