/**
 * The watermark of sampled text, through the Lab's sampler at temperature 1, in English (tiny Shakespeare) and Chinese (Tang poems), both by
 * models of characters made on the spot. Keys and seeds are drawn anew in every run. A character carries 1.5 to 5 bits; a word piece of a large
 * model carries about as much, so the figures depend on the entropy that stands beside them.
 */
import { execFileSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Draw, Sampler, seededRandom } from "@inkseal/lab";
import { detectText, markedDraw } from "@inkseal/mark";
import { shakespeare } from "../lab/data.ts";
import type { Row } from "../run.ts";
import { worst } from "./figures.ts";
import { freshKey } from "./keys.ts";
import { type Ngram, ngram } from "./ngram.ts";
import { gumbel, type Rival, tournament } from "./text-rivals.ts";

const ours: Rival = {
  name: "ours",
  draw: (key) => markedDraw({ method: "", key, keyId: "" }) as Draw,
  chance: (tokens, key) => detectText(tokens, key)!.chance,
};
const wanted = 1e-6;

/** Two files of the npm package `chinese-poetry`, packed into the temporary folder once. */
function poems(): string {
  const folder = join(tmpdir(), "inkseal-bench-poetry");
  const archive = join(folder, "chinese-poetry-2.0.1.tgz");
  mkdirSync(folder, { recursive: true });
  if (!existsSync(archive)) execFileSync("npm", ["pack", "chinese-poetry@2.0.1", "--silent"], { cwd: folder });
  const files = ["12000", "13000", "14000", "16000"].map((n) => `package/dist/quantangshi/poet.tang.${n}.json`);
  for (const file of files) if (!existsSync(join(folder, file))) execFileSync("tar", ["xzf", archive, file], { cwd: folder });
  type Poem = { readonly paragraphs: readonly string[] };
  return files
    .flatMap((file) => (JSON.parse(readFileSync(join(folder, file), "utf8")) as Poem[]).flatMap((p) => p.paragraphs))
    .join("");
}

interface Text {
  readonly tokens: number[];
  /** Mean entropy of what was drawn from and mean −log₂ probability of what was drawn, bits a token. */
  readonly entropy: number;
  readonly surprise: number;
}

function write(model: Ngram, prompt: readonly number[], length: number, draw?: Draw): Text {
  const sampler = new Sampler({ temperature: 1 }, { random: seededRandom(randomInt(2 ** 31)), draw });
  const tokens = [...prompt];
  let entropy = 0;
  let surprise = 0;
  for (let position = 0; position < length; position++) {
    const p = model.next(tokens);
    for (const v of p) if (v > 0) entropy -= v * Math.log2(v);
    const token = sampler.sample(Float32Array.from(p, Math.log), { tokens, position });
    surprise -= Math.log2(p[token]!);
    tokens.push(token);
  }
  return { tokens: tokens.slice(prompt.length), entropy: entropy / length, surprise: surprise / length };
}

export async function textRows({ quick, log }: { quick: boolean; log(line: string): void }): Promise<Row[]> {
  const count = quick ? 30 : 100;
  const rows: Row[] = [];
  const languages: [name: string, model: ReturnType<typeof ngram>][] = [["en", ngram((await shakespeare()).text, 5)]];
  try {
    languages.push(["zh", ngram(poems(), 3)]);
  } catch (error) {
    log(`  no Chinese rows: chinese-poetry cannot be had (${(error as Error).message.split("\n")[0]})`);
  }
  for (const [language, model] of languages) {
    const promptAt = (): number[] => {
      const at = randomInt(model.tokens.length - 20);
      return [...model.tokens.subarray(at, at + 16)];
    };
    const free = Array.from({ length: count }, () => write(model, promptAt(), 200));
    const mean = (texts: readonly Text[], of: "entropy" | "surprise") => texts.reduce((a, t) => a + t[of], 0) / texts.length;
    const bits = mean(free, "entropy");
    for (const rival of [ours, gumbel, tournament]) {
      const share = (hits: number) => hits / count;
      let whole = 0;
      let edited = 0;
      let wrongKey = 0;
      const marked: Text[] = [];
      for (let n = 0; n < count; n++) {
        const key = freshKey();
        const text = write(model, promptAt(), 200, rival.draw(key));
        marked.push(text);
        if (rival.chance(text.tokens, key) < wanted) whole++;
        if (rival.chance(replaced(text.tokens, model), key) < wanted) edited++;
        if (rival.chance(text.tokens, freshKey()) < wanted) wrongKey++;
      }
      // a draw by the model's own probabilities has the entropy as its mean surprise: what is above or below is distortion, up to chance
      const change = 100 * (2 ** (mean(marked, "surprise") - mean(marked, "entropy")) - 1);
      log(
        `  ${language}, ${rival.name}: ${whole}/${count} found, ${edited}/${count} with 30 % replaced, ${wrongKey} by a wrong key; perplexity ${change.toFixed(1)} %`,
      );
      if (rival !== ours) continue;
      const note = `${language}, ${bits.toFixed(2)} bits of entropy a token, ${count} texts of 200`;
      rows.push(
        { name: `text_tpr_200_${language}`, value: share(whole), unit: "of 1", bound: ">=0.99", note },
        { name: `text_edit30_${language}`, value: share(edited), unit: "of 1", bound: ">=0.95", note },
        { name: `text_perplexity_${language}`, value: Math.abs(change), unit: "%", bound: "<=2", note: `${note}, both ways` },
      );
    }
    const control = quick ? 100 : 1000;
    let alarms = 0;
    for (let n = 0; n < control; n++) if (detectText(free[n % count]!.tokens, freshKey())!.chance < wanted) alarms++;
    rows.push({
      name: `text_fp_${language}`,
      value: alarms,
      unit: "texts",
      bound: "==0",
      note: `of ${control} key and text pairs without a mark`,
    });
  }
  return [
    worst("text_tpr_200", "text_tpr_200_", rows, ">=0.99", "languages")!,
    worst("text_edit30", "text_edit30_", rows, ">=0.95", "languages")!,
    ...rows,
  ];
}

/** Three tokens of ten, drawn without regard to anything, replaced by others of the alphabet as they are frequent. */
function replaced(tokens: readonly number[], model: ReturnType<typeof ngram>): number[] {
  const out = [...tokens];
  const places = new Set<number>();
  while (places.size < 0.3 * tokens.length) places.add(randomInt(tokens.length));
  for (const at of places)
    do out[at] = model.tokens[randomInt(model.tokens.length)]!;
    while (out[at] === tokens[at]);
  return out;
}
