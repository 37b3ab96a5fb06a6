import { fromUtf8, utf8 } from "@inkseal/codec";
import type { Locale } from "@inkseal/core";
import { readTextLabel, textLabels } from "../label/text.ts";
import { aigcMark, type Format, foundLabel, noLabel } from "./format.ts";

const method = "gb45438.text";
/** Seconds for which the label stands, together with what is said then. */
const shown = 2;
const prefix = "NOTE AIGC=";

/** Captions carry their label as a cue of its own, the first or the last one: players show it, and any editor does. WebVTT also has room for AIGC in a NOTE. */
function captionFormat(kind: "vtt" | "srt"): Format {
  return {
    async content(bytes, { policy, provenance: { locale, lead = 0 } }) {
      const text = fromUtf8(bytes);
      const where = policy.marks.text === "middle" ? "head" : policy.marks.text; // a cue in between would cover what is said
      if (text === undefined) return undefined;
      const blocks = blocksOf(text).map((b) => later(b, lead, kind));
      if (where === "none") return { bytes: utf8(joined(blocks, kind)), marks: [] };
      if (labelOf(blocks) === undefined) put(blocks, where, locale, kind);
      return { bytes: utf8(joined(blocks, kind)), marks: [{ layer: "label", method, data: { where } }] };
    },
    metadata(bytes, aigc) {
      const text = fromUtf8(bytes);
      if (text === undefined || kind !== "vtt") return undefined;
      const blocks = blocksOf(text).filter((b) => !b.startsWith(prefix));
      // an arrow inside of a NOTE would make a cue of it
      blocks.splice(1, 0, prefix + aigc.replaceAll(">", "\\u003e"));
      return { bytes: utf8(joined(blocks, kind)), marks: [aigcMark("vtt.note")] };
    },
    async read(bytes) {
      const blocks = blocksOf(fromUtf8(bytes) ?? "");
      const label = labelOf(blocks);
      const notes = kind === "vtt" ? blocks.filter((b) => b.startsWith(prefix)) : [];
      return {
        label: label === undefined ? noLabel(method) : foundLabel(method, label),
        aigc: notes.map((note) => ({ carrier: "vtt.note", text: note.slice(prefix.length) })),
      };
    },
  };
}

export const vttFormat = captionFormat("vtt");
export const srtFormat = captionFormat("srt");

const blocksOf = (text: string): string[] =>
  text.replace(/^\uFEFF/, "").split(/(?:\r?\n){2,}/).filter((b) => b.trim() !== ""); // biome-ignore format: one idea

const isCue = (block: string): boolean => /^(?:.*\r?\n)?\s*[\d:.,]+ --> [\d:.,]+/.test(block);

function labelOf(blocks: readonly string[]): { where: "head" | "tail"; text: string } | undefined {
  const cues = blocks.filter(isCue);
  const words = (cue: string | undefined): string => cue?.split(/-->.*\r?\n/)[1]?.trim() ?? "";
  for (const [where, cue] of [
    ["head", cues[0]],
    ["tail", cues.at(-1)],
  ] as const) {
    const found = readTextLabel(words(cue));
    if (found !== undefined && found.text === words(cue)) return { where, text: found.text };
  }
  return undefined;
}

/** Puts the label in and numbers SubRip's cues anew. */
function put(blocks: string[], where: "head" | "tail", locale: Locale, kind: "vtt" | "srt"): void {
  const point = kind === "vtt" ? "." : ",";
  const last = /--> ([\d:.,]+)/.exec(blocks.findLast(isCue) ?? "")?.[1];
  const from = where === "head" ? 0 : secondsOf(last);
  const cue = `${clock(from, point)} --> ${clock(from + shown, point)}\n${textLabels[locale]}`;
  const first = blocks.findIndex(isCue);
  if (where === "tail" || first < 0) blocks.push(cue);
  else blocks.splice(first, 0, cue);
  if (kind === "vtt") return;
  for (const [i, block] of blocks.entries()) blocks[i] = `${i + 1}\n${block.replace(/^\s*\d+\s*\r?\n/, "")}`;
}

/** The cue `lead` seconds later: what it captions begins with a label. */
const later = (block: string, lead: number, kind: "vtt" | "srt"): string =>
  lead === 0 || !isCue(block)
    ? block
    : block.replace(/([\d:.,]+) --> ([\d:.,]+)/, (_, from: string, to: string) =>
        [from, to].map((t) => clock(secondsOf(t) + lead, kind === "vtt" ? "." : ",")).join(" --> "),
      );

const joined = (blocks: readonly string[], kind: "vtt" | "srt"): string =>
  kind === "vtt" ? `${blocks.join("\n\n")}\n` : `${blocks.map((b) => b.replace(/\r?\n/g, "\r\n")).join("\r\n\r\n")}\r\n`;

function secondsOf(time: string | undefined): number {
  const parts = (time ?? "").replace(",", ".").split(":").map(Number);
  return parts.reduce((sum, part) => sum * 60 + (Number.isFinite(part) ? part : 0), 0);
}

function clock(seconds: number, point: string): string {
  const ms = Math.round(seconds * 1000);
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${two(Math.floor(ms / 3_600_000))}:${two(Math.floor(ms / 60_000) % 60)}:${two(Math.floor(ms / 1000) % 60)}${point}${String(ms % 1000).padStart(3, "0")}`;
}
