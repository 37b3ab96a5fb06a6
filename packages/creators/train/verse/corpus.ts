import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Converter } from "opencc-js/t2cn";
import type { Era, VerseForm } from "../../src/verse/tokens.ts";
import { corpora } from "../corpora.ts";

/** A poem in simplified script. */
export interface Poem {
  readonly form: VerseForm;
  readonly era: Era;
  readonly author: string;
  /** The 词牌 of a 词. */
  readonly tune?: string;
  /** Empty when there is none worth learning. */
  readonly title: string;
  /** Lines with the mark after them. In a 词 of the Song, "。" is where it rhymes. */
  readonly body: string;
  /** By an author who is held out of training. */
  readonly held: boolean;
}

const simplified = Converter({ from: "t", to: "cn" });
const damage = /[^\p{Script=Han}，。、]/u;
/** Marks in the corpus mean no more than a pause or an end. */
const marks = (text: string): string =>
  text
    .replace(/[（(][^）)]*[）)]/g, "")
    .replace(/[「」『』“”‘’"'\s　]/g, "")
    .replace(/[；：;:,]/g, "，")
    .replace(/[！？!?.]/g, "。");

/** About 3 % of the authors, always the same ones. */
const heldOut = (author: string): boolean => createHash("sha256").update(`verse/${author}`).digest().readUInt32LE(0) % 100 < 3;

/** A title says what the poem is about when it is short and no serial number. */
function cleanTitle(raw: string): string {
  const title = raw
    .replace(/[（(].*$/, "")
    .replace(/其[一二三四五六七八九十]+$/, "")
    .replace(/\s+/g, "")
    .replace(/[一二三四五六七八九十百]+首$/, "");
  const length = [...title].length;
  return length > 0 && length <= 10 && !/\P{Script=Han}/u.test(title) && !/^(句|失题|无题|绝句|偈|颂古)/.test(title)
    ? title
    : "";
}

/** 绝句 and 律诗 by their shape; other poems have no form that we teach. */
function shapeOf(body: string): VerseForm | undefined {
  const lines = body
    .split(/[，。、]/)
    .filter((line) => line !== "")
    .map((line) => [...line].length);
  const [first] = lines;
  if ((first !== 5 && first !== 7) || lines.some((n) => n !== first)) return undefined;
  const line = first === 5 ? "五" : "七";
  if (lines.length === 4) return `${line}绝`;
  return lines.length === 8 ? `${line}律` : undefined;
}
/** A mark after each line: a pause, and an end after each second one. */
const evenMarks = (body: string): string =>
  body
    .split(/[，。、]/)
    .filter((line) => line !== "")
    .map((line, i) => line + (i % 2 === 0 ? "，" : "。"))
    .join("");

const corpusFolder = (): string => join(dirname(corpora().resolve("chinese-poetry/package.json")), "dist");

interface Entry {
  readonly author: string;
  readonly paragraphs: readonly string[];
  readonly title?: string;
  readonly rhythmic?: string;
}

/** Every sound poem of the npm package that has one of our forms, without copies. The digest covers the files that were read. */
export function readPoems(): { poems: Poem[]; digest: string } {
  const folder = corpusFolder();
  const hash = createHash("sha256");
  const read = (path: string): Entry[] => {
    const bytes = readFileSync(join(folder, path));
    hash.update(bytes);
    return JSON.parse(bytes.toString("utf8"));
  };
  const files = (under: string, pattern: RegExp): string[] =>
    readdirSync(join(folder, under))
      .filter((name) => pattern.test(name))
      .sort()
      .map((name) => `${under}/${name}`);
  const poems: Poem[] = [];
  const seen = new Set<string>();
  const keep = (poem: Omit<Poem, "held">): void => {
    const key = poem.body.replace(/[，。、]/g, "");
    if (damage.test(poem.body) || seen.has(key)) return;
    seen.add(key);
    poems.push({ ...poem, held: heldOut(poem.author) });
  };
  for (const path of files("quantangshi", /^poet\.(tang|song)\./)) {
    const era: Era = path.includes(".tang.") ? "唐" : "宋";
    for (const { author, paragraphs, title = "" } of read(path)) {
      const body = marks(simplified(paragraphs.join("")));
      const form = shapeOf(body);
      if (form !== undefined)
        keep({ form, era, author: simplified(author), title: cleanTitle(simplified(title)), body: evenMarks(body) });
    }
  }
  const songs = [
    ...files("songci", /^ci\.song\.\d/),
    ...files("wudaishici/huajianji", /juan/),
    "wudaishici/nantang/poetrys.json",
  ];
  for (const path of songs)
    for (const { author, paragraphs, rhythmic = "", title = "" } of read(path)) {
      const tune = simplified(rhythmic).split(/[・·]/)[0]!.replace(/\s/g, "");
      const body = marks(simplified(paragraphs.join(""))).replace(/[，、。]+(?=[，、。])/g, "");
      if (!/^\p{Script=Han}{2,8}$/u.test(tune) || tune === "失调名" || body.length < 14 || body.length > 170) continue;
      const subject = cleanTitle(simplified(title).split(/[・·]/)[1] ?? "");
      keep({
        form: "词",
        era: path.startsWith("wudai") ? "唐" : "宋",
        author: simplified(author),
        tune,
        title: body.startsWith(subject) ? "" : subject,
        body,
      });
    }
  return { poems, digest: hash.digest("hex") };
}

/** Bodies of poems as the corpus has them, in traditional script, and simplified. For held-out poems only with `held`. */
export function* readScripts(held = false): Generator<{ simplified: string; traditional: string }> {
  const folder = join(corpusFolder(), "quantangshi");
  for (const name of readdirSync(folder)
    .filter((name) => /^poet\.(tang|song)\./.test(name))
    .sort())
    for (const { author, paragraphs } of JSON.parse(readFileSync(join(folder, name), "utf8")) as Entry[]) {
      const traditional = paragraphs.join("").replace(/\s/g, "");
      if (traditional !== "" && heldOut(simplified(author)) === held)
        yield { simplified: simplified(traditional), traditional };
    }
}
