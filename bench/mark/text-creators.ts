/**
 * The watermark of drawn words on the creators that write: verse, whose form leaves little to choose, and code. Drawn as the product draws them, with
 * their own defaults but for code's temperature, under a key and a seed of its own each; judged from the written text by the creator's own cutter.
 */
import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Controls, type Plan, parseBrief } from "@inkseal/core";
import { type Creator, creatorOf, type TokenDraw } from "@inkseal/creators";
import { nodePlace, weightsFolder } from "@inkseal/creators/node";
import { tuneNames } from "@inkseal/creators/verse";
import { markedDraw, textDetector } from "@inkseal/mark";
import type { Row } from "../run.ts";
import { mean } from "./figures.ts";
import { freshKey } from "./keys.ts";

const wanted = 1e-6;

interface Written {
  readonly text: string;
  readonly tokens: number;
  readonly bits: number;
  /** Mean surprise less mean entropy of all that was drawn, bits a token. */
  readonly apart: number;
}
type Writer = (controls: Controls, text: string, key: Uint8Array) => Promise<Written>;

/** Opens a creator: what it writes under a key, and the chance that a text is found by one. */
async function opened(name: string): Promise<{ write: Writer; chance(text: string, key: Uint8Array): number }> {
  const creator: Creator = creatorOf(name)!;
  const place = nodePlace(weightsFolder(name), 1);
  const [maker, cut] = [await creator.open(place), await creator.cutter!(place)];
  return {
    async write(controls, text, key) {
      const brief = parseBrief({ task: "completion", text, controls });
      const job = await creator.jobOf({ brief, model: `inkseal-${name}` } as Plan, randomInt(2 ** 31));
      const marked = markedDraw({ method: "", key, keyId: "" });
      let [drawn, apart, said] = [0, 0, ""];
      const draw: TokenDraw = Object.assign(
        ((p, ids, random, where) => {
          const at = marked(p, ids, random, where);
          for (let i = 0; i < ids.length; i++) apart += p[i]! * Math.log2(p[i]!);
          apart -= Math.log2(p[at]!);
          drawn++;
          return at;
        }) as TokenDraw,
        { keep: marked.keep },
      );
      for await (const chunks of maker.make(job, new AbortController().signal, () => draw))
        for (const chunk of chunks) said += chunk.text ?? "";
      const { tokens = 0, bits = 0 } = (marked.mark()?.data ?? {}) as { tokens?: number; bits?: number };
      return { text: said, tokens, bits, apart: drawn === 0 ? 0 : apart / drawn };
    },
    chance(text, key) {
      const tokens = cut(text);
      return (tokens && textDetector(key)(tokens.ids, tokens.ways)?.chance) ?? 1;
    },
  };
}

const verseForms = [
  { name: "20", form: "五言绝句" },
  { name: "28", form: "七言绝句" },
  { name: "40", form: "五言律诗" },
  { name: "56", form: "七言律诗" },
] as const;
const topics = ["秋夜", "山居", "送别", "咏梅", "登楼", "春江", "边塞", "怀古"];

export async function creatorRows({ quick, log }: { quick: boolean; log(line: string): void }): Promise<Row[]> {
  const found: Found[] = [];
  const verse = await opened("verse");
  const of = async (
    name: string,
    what: string,
    count: number,
    one: (key: Uint8Array, i: number) => Promise<Written>,
    chance = verse.chance,
  ) => {
    const made: { key: Uint8Array; written: Written }[] = [];
    for (let i = 0; i < count; i++) {
      const key = freshKey();
      made.push({ key, written: await one(key, i) });
    }
    const tokens = mean(made.map((m) => m.written.tokens));
    const bits = mean(made.map((m) => m.written.bits)) / tokens;
    const share = (limit: number): number => made.filter((m) => chance(m.written.text, m.key) < limit).length / count;
    const others = made.map((m) => chance(m.written.text, freshKey()));
    found.push({ others, apart: made.map((m) => m.written.apart) });
    const note = `${what}; ${count} of ${tokens.toFixed(0)} tokens that could be marked, ${bits.toFixed(1)} bits each; below 1e-3: ${share(1e-3).toFixed(2)}`;
    log(`  ${name}: ${share(wanted).toFixed(2)} of ${note}`);
    return { name: `text_${name}`, value: share(wanted), unit: "of 1", note };
  };
  const each = quick ? 12 : 60;
  const rows: Row[] = [];
  const topic = (i: number): string => topics[i % topics.length]!;
  const poem = (form: string, key: Uint8Array, i: number): Promise<Written> =>
    verse.write({ own: { form, about: topic(i) } }, "诗", key);
  for (const { name, form } of verseForms)
    rows.push(await of(`verse_${name}`, `${form}`, each, (key, i) => poem(form, key, i)));
  rows.push(
    await of("verse_ci", "词 of all tunes", each, (key, i) =>
      verse.write({ own: { tune: tuneNames[i % tuneNames.length]!, about: topic(i) } }, "词", key),
    ),
    await of("verse_bound", "七言绝句 with acrostic and rhyme", each, (key, i) =>
      verse.write({ own: { form: "七言绝句", acrostic: "春江花月", rhyme: i % 2 === 0 ? "东" : "阳" } }, "诗", key),
    ),
  );
  for (const poems of [3, 8, 15])
    rows.push(
      await of(`verse_lines_${4 * poems}`, `${poems} 五言绝句 in one text`, quick ? 4 : 20, async (key) => {
        const all: Written[] = [];
        for (let i = 0; i < poems; i++) all.push(await poem("五言绝句", key, i));
        const sum = (of: (w: Written) => number): number => all.reduce((s, w) => s + of(w), 0);
        return {
          text: all.map((w) => w.text).join("\n\n"),
          tokens: sum((w) => w.tokens),
          bits: sum((w) => w.bits),
          apart: mean(all.map((w) => w.apart)),
        };
      }),
    );
  rows.push(...distortion("verse", found.splice(0)));
  const code = await opened("code");
  const source = readFileSync(fileURLToPath(new URL("../run.ts", import.meta.url)), "utf8").split("\n");
  for (const temperature of [0.6, 1])
    rows.push(
      await of(
        `code_200${temperature === 1 ? "" : "_cool"}`,
        `200 tokens of TypeScript at temperature ${temperature}`,
        each,
        (key) => {
          const from = randomInt(source.length - 10);
          const own = { lines: 20, balance: false };
          return code.write({ temperature, topP: 1, maxTokens: 200, own }, `${source.slice(from, from + 8).join("\n")}\n`, key);
        },
        code.chance,
      ),
    );
  rows.push(...distortion("code", found.splice(0)));
  return rows;
}

interface Found {
  readonly others: readonly number[];
  readonly apart: readonly number[];
}

/** How much likelier or unlikelier what was drawn is than chance has it, and what a wrong key finds. */
function distortion(name: string, found: readonly Found[]): Row[] {
  const apart = found.flatMap((f) => f.apart);
  const others = found.flatMap((f) => f.others);
  const middle = mean(apart);
  const margin = 1.96 * Math.sqrt(mean(apart.map((d) => (d - middle) ** 2)) / apart.length);
  const percent = (bits: number): number => 100 * (2 ** bits - 1);
  return [
    {
      name: `text_perplexity_${name}`,
      value: Math.abs(percent(middle)),
      unit: "%",
      bound: "<=2",
      note: `both ways, over ${apart.length} texts; ± ${percent(margin).toFixed(1)} with 95 %`,
    },
    {
      name: `text_fp_${name}`,
      value: others.filter((c) => c < wanted).length,
      unit: "texts",
      bound: "==0",
      note: `of ${others.length} texts by a wrong key; ${[0.1, 0.01, 0.001].map((l) => `${others.filter((c) => c < l).length} below ${l}`).join(", ")}`,
    },
  ];
}
