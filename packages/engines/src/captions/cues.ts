import { columns } from "./lines.ts";

/** A word of a text with when it is said. */
export interface TimedWord {
  /** Offsets in the text, marks and spaces after it not included. */
  readonly start: number;
  readonly end: number;
  /** Seconds. */
  readonly from: number;
  readonly to: number;
}
export interface Cue {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** Two lines of 42 columns, or of 18 Han characters, as the guides of broadcasters have it. */
const widest = { latin: 42, han: 36 } as const;
export const cueWidth = (text: string): number => (/\p{Script=Han}/u.test(text) ? widest.han : widest.latin);
const longest = 7; // seconds
const shortest = 0.9;
/** A pause this long always ends a cue. */
const silence = 0.7;

/**
 * Captions from timed words: cut where sentences end, else after a mark, else between words, each short enough for two lines; on screen
 * from the first word until the next caption when that comes soon.
 */
export function cuesOf(text: string, words: readonly TimedWord[]): Cue[] {
  const cues: Cue[] = [];
  for (const run of runsOf(text, words)) {
    const width = 2 * cueWidth(text.slice(run[0]!.start, run.at(-1)!.end)) - 4; // two lines are never both full
    for (const group of groups(text, run, width)) {
      const [first, last] = [group[0]!, group.at(-1)!];
      const from = opening(text, first.start);
      const shown = text.slice(from, marksAfter(text, last.end)).replace(/\s+/g, " ").trim();
      if (shown !== "") cues.push({ from: first.from, to: last.to, text: shown });
    }
  }
  return cues.map((cue, i) => {
    const next = cues[i + 1]?.from ?? Number.POSITIVE_INFINITY;
    const wanted = Math.max(cue.to + 0.25, cue.from + shortest);
    const to = next - wanted < 0.35 && next < cue.to + silence ? next : Math.min(wanted, next);
    return { ...cue, to: Math.max(to, Math.min(cue.to, next)) };
  });
}

/** Words that may share a cue: between ends of sentences, of lines, and long pauses. */
function runsOf(text: string, words: readonly TimedWord[]): TimedWord[][] {
  const runs: TimedWord[][] = [];
  let current: TimedWord[] = [];
  for (const [i, word] of words.entries()) {
    current.push(word);
    const next = words[i + 1];
    const between = text.slice(word.end, next?.start ?? text.length);
    if (next === undefined || /[。！？!?…\n]|[.;；](\s|$)/.test(between) || next.from - word.to > silence) {
      runs.push(current);
      current = [];
    }
  }
  return runs;
}

/** The cheapest way to cut a run: few cues, even ones, cut after marks. */
function groups(text: string, run: readonly TimedWord[], width: number): TimedWord[][] {
  const size = (from: number, to: number): number =>
    columns(text.slice(run[from]!.start, marksAfter(text, run[to - 1]!.end)).trim());
  const total = size(0, run.length);
  const count = Math.max(1, Math.ceil(total / width), Math.ceil((run.at(-1)!.to - run[0]!.from) / longest));
  const aim = total / count;
  const best: { cost: number; from: number }[] = [{ cost: 0, from: 0 }];
  for (let to = 1; to <= run.length; to++) {
    let choice = { cost: Number.POSITIVE_INFINITY, from: to - 1 };
    for (let from = to - 1; from >= 0; from--) {
      const columnsWide = size(from, to);
      if (from < to - 1 && (columnsWide > width || run[to - 1]!.to - run[from]!.from > longest)) break;
      const after = text.slice(run[to - 1]!.end, run[to]?.start ?? text.length);
      const cut = to === run.length || /[，、；：,;:—–]/.test(after) ? 0 : /\s/.test(after) ? 160 : 400;
      const cost = best[from]!.cost + 60 + (columnsWide - aim) ** 2 / 24 + cut;
      if (cost < choice.cost) choice = { cost, from };
    }
    best.push(choice);
  }
  const out: TimedWord[][] = [];
  for (let to = run.length; to > 0; to = best[to]!.from) out.unshift(run.slice(best[to]!.from, to));
  return out;
}

/** Marks that belong to the word before them. */
const marksAfter = (text: string, at: number): number =>
  at + (/^[^\p{L}\p{N}\s“‘（《【「『([{]*/u.exec(text.slice(at))?.[0].length ?? 0);
/** Opening marks that belong to the word after them. */
const opening = (text: string, at: number): number => at - (/[“‘（《【「『([{"']*$/u.exec(text.slice(0, at))?.[0].length ?? 0);
