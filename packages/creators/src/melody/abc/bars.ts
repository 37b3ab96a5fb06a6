import { type Bar, barTicks, type Metre, type Part, type Sound, ticksOf } from "../score/tune.ts";

/** A bar as it stands between two bar lines of ABC. */
export interface RawBar {
  readonly sounds: readonly Sound[];
  /** The line before it, and the one after. */
  readonly begins: string;
  readonly ends: string;
  /** Of which ending it is; 0 of none. */
  readonly ending: number;
}

/** Cuts bars into strains at repeats and double bars, takes the last of several endings, and joins the halves of a bar that a strain's end parts. */
export function partsOf(bars: readonly RawBar[], metre: Metre): Part[] {
  const strains: RawBar[][] = [[]];
  bars.forEach((bar, i) => {
    strains.at(-1)!.push(bar);
    const next = bars[i + 1];
    if (next === undefined || next.ending > 1) return;
    if (/:|\|\||\]|\[\|/.test(bar.ends)) strains.push([]);
  });
  return strains
    .filter((strain) => strain.some(({ sounds }) => sounds.length > 0))
    .map((strain) => partOf(strain, barTicks(metre)));
}

function partOf(strain: readonly RawBar[], whole: number): Part {
  const last = Math.max(...strain.map(({ ending }) => ending));
  const played = strain.filter(({ ending, sounds }) => (ending === 0 || ending === last) && sounds.length > 0);
  const repeated = last > 0 || strain.some(({ ends }) => ends.includes(":|") || ends.startsWith("::"));
  const bars: Bar[] = [];
  let upbeat: Bar = [];
  for (const { sounds } of played) {
    const before = bars.at(-1);
    if (bars.length === 0 && upbeat.length === 0 && ticksOf(sounds) < whole && played.length > 1) upbeat = sounds;
    else if (before !== undefined && ticksOf(before) < whole && ticksOf(before) + ticksOf(sounds) <= whole)
      bars[bars.length - 1] = [...before, ...sounds];
    else bars.push(sounds);
  }
  return { upbeat, bars, repeated };
}
