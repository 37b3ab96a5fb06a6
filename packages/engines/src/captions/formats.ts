import type { Cue } from "./cues.ts";
import { cueWidth } from "./cues.ts";
import { brokenLines } from "./lines.ts";

export const captionTypes = { srt: "text/srt", vtt: "text/vtt" } as const;

/** SubRip: numbered, commas before milliseconds, CRLF as its readers expect. */
export const toSrt = (cues: readonly Cue[]): string =>
  cues.map((c, i) => [i + 1, `${clock(c.from, ",")} --> ${clock(c.to, ",")}`, ...linesOf(c), "", ""].join("\r\n")).join("");

/** WebVTT (W3C). */
export const toVtt = (cues: readonly Cue[]): string =>
  `WEBVTT\n\n${cues.map((c, i) => [i + 1, `${clock(c.from, ".")} --> ${clock(c.to, ".")}`, ...linesOf(c).map(escaped), "", ""].join("\n")).join("")}`;

/** No caption line may look like a cue's own timing, and an empty line would end it. */
const linesOf = ({ text }: Cue): string[] => brokenLines(text.replaceAll("-->", "→"), cueWidth(text));
const escaped = (line: string): string => line.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

function clock(seconds: number, point: "," | "."): string {
  const ms = Math.max(0, Math.round(seconds * 1000));
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${two(Math.floor(ms / 3_600_000))}:${two(Math.floor(ms / 60_000) % 60)}:${two(Math.floor(ms / 1000) % 60)}${point}${String(ms % 1000).padStart(3, "0")}`;
}
