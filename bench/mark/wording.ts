/**
 * The watermark of wording on prose that people wrote: English from the READMEs of installed packages, from Debian's manual of Perl and from
 * Shakespeare, Chinese from its manual pages. Passages of about 300 tokens: 230 English words, 300 Chinese characters; no code.
 */
import { randomInt } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { detectWording, embedWording } from "@inkseal/mark";
import { shakespeare } from "../lab/data.ts";
import type { Row } from "../run.ts";
import { freshKey } from "./keys.ts";

const limit = 1e-4;
const packages = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** Paragraphs of prose in Markdown or POD, one after the other. */
const proseOf = (text: string): string[] =>
  text
    .replace(/```[\s\S]*?(```|$)/g, "")
    .split(/\n\s*\n/)
    .map((p) => p.trim())
    .filter((p) => !/^(\s{2,}|[#=|<>*+-]|\d+\.|\[!)/.test(p) && !/[{};|]|=>|::/.test(p) && p.length > 40);

function filesBelow(folder: string, wanted: RegExp, most: number): string[] {
  const found: string[] = [];
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!wanted.test(name)) continue;
    found.push(join(folder, name));
    if (found.length === most) break;
  }
  return found;
}

/** Files of the system, where it has them. */
function system(folder: string, wanted: RegExp): string[] {
  return existsSync(folder) ? filesBelow(folder, wanted, 400) : [];
}

/** The words of a manual page. */
const withoutRoff = (page: string): string =>
  page
    .replace(/\\f[BIRP]|\\&/g, "")
    .replaceAll("\\-", "-")
    .replace(/^[.'].*$/gm, "\n");

const hanShare = (text: string): number => (text.match(/\p{Script=Han}/gu)?.length ?? 0) / text.length;

/** Passages of `size` words or characters. */
function passages(paragraphs: readonly string[], size: number, chinese: boolean): string[] {
  const out: string[] = [];
  let open: string[] = [];
  let have = 0;
  for (const p of paragraphs) {
    open.push(p);
    have += chinese ? (p.match(/\p{Script=Han}/gu)?.length ?? 0) : p.split(/\s+/).length;
    if (have < size) continue;
    out.push(open.join("\n\n"));
    open = [];
    have = 0;
  }
  return out;
}

async function corpora(): Promise<Record<string, string[]>> {
  const docs = filesBelow(packages, /\.md$/i, 3000).map((f) => readFileSync(f, "utf8"));
  const perl = system("/usr/share/perl", /\.pod$/).map((f) => readFileSync(f, "utf8"));
  const manuals = system("/usr/share/man/zh_CN", /\.gz$/).map((f) => withoutRoff(gunzipSync(readFileSync(f)).toString("utf8")));
  const play = await shakespeare().then(
    ({ text }) => text.split("\n\n"),
    () => [],
  );
  const zh = [...docs, ...manuals].flatMap(proseOf).filter((p) => hanShare(p) > 0.3);
  const en = docs.flatMap(proseOf).filter((p) => hanShare(p) < 0.01);
  return {
    "en, READMEs": passages(en, 230, false),
    "en, manuals of Perl": passages(perl.flatMap(proseOf), 230, false),
    "en, Shakespeare": passages(play, 230, false),
    "zh, manual pages": passages(zh, 300, true),
  };
}

/** What a careless copy does to signs. */
const normalised = (text: string): string => text.normalize("NFKC").replaceAll("’", "'").replace(/ +/g, " ");

export async function wordingRows({ quick, log }: { quick: boolean; log(line: string): void }): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, all] of Object.entries(await corpora())) {
    if (all.length < 5) {
      log(`  ${name}: only ${all.length} passages, left out`);
      continue;
    }
    const count = quick ? 40 : 200;
    const texts = Array.from({ length: Math.min(count, all.length) }, () => all[randomInt(all.length)]!);
    let found = 0;
    let kept = 0;
    let places = 0;
    for (const text of texts) {
      const key = freshKey();
      const marked = embedWording(text, key);
      places += marked.places;
      if (detectWording(marked.text, key).chance < limit) found++;
      if (detectWording(normalised(marked.text), key).chance < limit) kept++;
    }
    const tries = quick ? 500 : 20_000;
    let alarms = 0;
    for (let n = 0; n < tries; n++) if (detectWording(all[n % all.length]!, freshKey()).chance < limit) alarms++;
    log(
      `  ${name}: ${found}/${texts.length} found, ${kept} after NFKC, straight apostrophes and single spaces; ${(places / texts.length).toFixed(1)} places a ` +
        `passage; ${alarms} false of ${tries}`,
    );
    const short = name.replace(/[^a-z]+/gi, "_").toLowerCase();
    const note = `${texts.length} passages of 300 tokens, ${(places / texts.length).toFixed(1)} places each; ${alarms} false of ${tries} at 1e-4`;
    rows.push({ name: `wording_tpr_${short}`, value: found / texts.length, unit: "of 1", note });
  }
  return rows;
}
