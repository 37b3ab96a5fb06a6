/**
 * The watermark of sampled words, on models of byte pairs that the Lab trained (./words-model.ts), at temperature 1 in English and Chinese, drawn by
 * the Lab's own batches. What is judged is the written text, cut into tokens again. Keys and seeds are drawn anew in every run.
 */
import { randomInt } from "node:crypto";
import { Batch, type Draw } from "@inkseal/lab";
import { detectText, type MarkedDraw, markedDraw, textDetector } from "@inkseal/mark";
import type { Row } from "../run.ts";
import { worst } from "./figures.ts";
import { freshKey } from "./keys.ts";
import { creatorRows } from "./text-creators.ts";
import { gumbel, type Rival, tournament } from "./text-rivals.ts";
import { type Language, languages, type WordsModel, wordsModel } from "./words-model.ts";

const ours: Rival = {
  name: "ours",
  draw: (key) => markedDraw({ method: "", key, keyId: "" }) satisfies MarkedDraw as Draw,
  chance: (tokens, key) => detectText(tokens, key)!.chance,
};
const wanted = 1e-6;
const length = 200;

interface Text {
  readonly key: Uint8Array;
  /** As drawn, and as the tokenizer cuts what was written. */
  readonly drawn: readonly number[];
  readonly read: readonly number[];
  /** Mean entropy of what was drawn from and mean −log₂ probability of what was drawn, bits a token. */
  readonly entropy: number;
  readonly surprise: number;
}

/** Texts of 200 tokens under a key each; without `rival` drawn as ever. */
function write({ decoder, tokenizer, tokens }: WordsModel, count: number, rival?: Rival): Text[] {
  const batch = new Batch(decoder, { parallel: 16 });
  const open = Array.from({ length: count }, (_, n) => {
    const key = freshKey();
    const own = rival?.draw(key);
    const text = { key, drawn: [] as number[], entropy: 0, surprise: 0 };
    const draw: Draw = (p, ids, random, context) => {
      const at = own?.(p, ids, random, context) ?? ordinary(p, random);
      for (const v of p) if (v > 0) text.entropy -= v * Math.log2(v);
      text.surprise -= Math.log2(p[at]!);
      return at;
    };
    const from = randomInt(tokens.length - 20);
    const seed = randomInt(2 ** 31);
    batch.add(n, tokens.slice(from, from + 16), { seed, sampling: { temperature: 1 }, draw, maxTokens: length });
    return text;
  });
  while (batch.size > 0) for (const { sequence, token } of batch.step()) open[sequence]!.drawn.push(token);
  return open.map(({ key, drawn, entropy, surprise }) => ({
    key,
    drawn,
    read: tokenizer.encode(tokenizer.decode(drawn), { plain: true }),
    entropy: entropy / length,
    surprise: surprise / length,
  }));
}

function ordinary(p: Float32Array, random: () => number): number {
  let left = random();
  for (let i = 0; i < p.length; i++) if ((left -= p[i]!) < 0) return i;
  return p.length - 1;
}

interface Options {
  readonly quick: boolean;
  readonly only: ReadonlySet<string> | undefined;
  log(line: string): void;
}

/** All rows; or with `--only=text_en`, `text_zh`, `text_creators` or `text_fp` that part's. */
export async function textRows({ quick, only, log }: Options): Promise<Row[]> {
  const wants = (part: string): boolean => only === undefined || only.has("text") || only.has(`text_${part}`);
  const rows: Row[] = [];
  const unmarked: number[] = [];
  for (const language of languages) {
    if (!wants(language) && !wants("fp")) continue;
    const model = await wordsModel(language, log).catch((error: Error) =>
      log(`  no ${language} rows: ${error.message.split("\n")[0]}`),
    );
    if (model && wants(language)) rows.push(...rowsOf(language, model, quick, log));
    if (model && wants("fp")) unmarked.push(...control(model, write(model, quick ? 20 : 100), quick ? 300 : 52_000));
  }
  if (wants("creators")) rows.push(...(await creatorRows({ quick, log })));
  const all = [
    worst("text_tpr_200", "text_tpr_200_", rows, ">=0.99", "languages"),
    worst("text_edit30", "text_edit30_", rows, ">=0.95", "languages"),
    unmarked.length > 0 ? falseOnes(unmarked) : undefined,
    ...rows,
  ];
  return all.filter((row) => row !== undefined);
}

/** Texts that nobody marked and that were found, beside how many the bound on the chance of each allows. */
function falseOnes(chances: readonly number[]): Row {
  const n = chances.length;
  const share = (limit: number): string =>
    `${chances.filter((c) => c < limit).length} below ${limit} (at most ${+(limit * n).toPrecision(2)})`;
  return {
    name: "text_fp",
    value: chances.filter((c) => c < wanted).length,
    unit: "texts",
    bound: "==0",
    note: `of ${n} texts without a mark, where the bound allows ${(wanted * n).toPrecision(1)} and none of so many says at most ${(3 / n).toPrecision(1)} each; ${[0.1, 0.01, 0.001, 1e-4].map(share).join(", ")}`,
  };
}

function rowsOf(language: Language, model: WordsModel, quick: boolean, log: (line: string) => void): Row[] {
  const rows: Row[] = [];
  for (const rival of [ours, gumbel, tournament]) {
    const count = rival === ours ? (quick ? 30 : 300) : quick ? 10 : 60;
    const texts = write(model, count, rival);
    const hits = (found: (text: Text) => boolean): number => texts.filter(found).length;
    const whole = hits(({ read, key }) => rival.chance(read, key) < wanted);
    const edited = hits(({ read, key }) => rival.chance(replaced(read, model), key) < wanted);
    const wrongKey = hits(({ read }) => rival.chance(read, freshKey()) < wanted);
    const own = hits(({ drawn, read }) => drawn.length === read.length && drawn.every((t, i) => t === read[i]));
    const { change, margin } = perplexity(texts);
    log(
      `  ${language}, ${rival.name}: ${whole}/${count} found, ${edited}/${count} with 30 % replaced, ${wrongKey} by a wrong key; ` +
        `perplexity ${change.toFixed(1)} ± ${margin.toFixed(1)} %; ${own} are cut as they were drawn`,
    );
    if (rival !== ours) continue;
    const entropy = texts.reduce((sum, t) => sum + t.entropy, 0) / count;
    const note = `${language}, ${entropy.toFixed(2)} bits of entropy a token, ${count} texts of ${length}`;
    rows.push(
      { name: `text_tpr_200_${language}`, value: whole / count, unit: "of 1", bound: ">=0.99", note },
      { name: `text_edit30_${language}`, value: edited / count, unit: "of 1", bound: ">=0.95", note },
      {
        name: `text_perplexity_${language}`,
        value: Math.abs(change),
        unit: "%",
        bound: "<=2",
        note: `${note}, both ways; ± ${margin.toFixed(1)} with 95 %`,
      },
    );
  }
  return rows;
}

/** Texts that nobody marked: what the model wrote without, 200 tokens each, and pieces of 32 tokens of what people wrote; a key for every 500. */
function control({ tokens }: WordsModel, free: readonly Text[], pieces: number): number[] {
  const chances: number[] = [];
  let detect = textDetector(freshKey());
  for (let n = 0; n < pieces; n++) {
    if (n % 500 === 499) detect = textDetector(freshKey());
    const at = randomInt(tokens.length - 32);
    chances.push(detect(tokens.slice(at, at + 32))!.chance);
    if (n < 1000) chances.push(detect(free[n % free.length]!.read)!.chance);
  }
  return chances;
}

/**
 * How much likelier or unlikelier what was drawn is than what an ordinary draw expects, %, with the half width of its 95 % interval: surprise less
 * entropy has mean 0 where nothing is distorted. The texts are independent, each under its own key.
 */
function perplexity(texts: readonly Text[]): { readonly change: number; readonly margin: number } {
  const apart = texts.map(({ surprise, entropy }) => surprise - entropy);
  const mean = apart.reduce((a, b) => a + b, 0) / apart.length;
  const variance = apart.reduce((sum, d) => sum + (d - mean) ** 2, 0) / (apart.length - 1);
  const change = 100 * (2 ** mean - 1);
  return { change, margin: 100 * 2 ** mean * Math.LN2 * 1.96 * Math.sqrt(variance / apart.length) };
}

/** Three tokens of ten, drawn without regard to anything, replaced by others as they are frequent. */
function replaced(tokens: readonly number[], model: WordsModel): number[] {
  const out = [...tokens];
  const places = new Set<number>();
  while (places.size < 0.3 * tokens.length) places.add(randomInt(tokens.length));
  for (const at of places)
    do out[at] = model.tokens[randomInt(model.tokens.length)]!;
    while (out[at] === tokens[at]);
  return out;
}
