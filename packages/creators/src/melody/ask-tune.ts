import { InksealError } from "@inkseal/core";
import { readAbc } from "./abc/read.ts";
import type { MelodyControls } from "./controls.ts";
import { habits, moods } from "./habits.ts";
import type { TuneWork } from "./job.ts";
import { type Key, keyName } from "./score/key.ts";
import { midiOf } from "./score/pitch.ts";
import { type Bar, barTicks, type Metre, metreName, type Part, soundsOf, type Tune, ticksOf } from "./score/tune.ts";
import { headerTokens, soundTokens, type TuneHeader, tonicStep, usualMiddle } from "./tune/encode.ts";
import { spellable, strains, type TunePlan, TuneRules } from "./tune/rules.ts";
import { type MetreName, maxBarsLeft, maxPartsLeft, metres, type TuneMode, tokenId, tuneModes } from "./tune/vocabulary.ts";

export interface TuneSettings {
  readonly key: Key;
  readonly metre: Metre;
  readonly genre: keyof typeof habits;
  readonly range: readonly [low: number, high: number];
  readonly continued: Tune | undefined;
}

/** A tune's plan, header and opening. Throws `bad-request` and `cannot-do` for what the model has not learnt. */
export function tuneWork(own: MelodyControls, { key, metre, genre, range, continued }: TuneSettings): TuneWork {
  const mode = key.mode as TuneMode;
  if (!tuneModes.includes(mode))
    throw new InksealError("cannot-do", `tunes are ${tuneModes.join(", ")} here, not ${key.mode}`, {
      param: "controls.own.key",
    });
  if (!spellable(key))
    throw new InksealError("bad-request", `${keyName(key)} needs double signs; choose its enharmonic key`, {
      param: "controls.own.key",
    });
  const name = metreName(metre) as MetreName;
  if (!metres.includes(name))
    throw new InksealError("cannot-do", `tunes are in ${metres.join(", ")} here, not ${name}`, { param: "controls.own.metre" });
  const start: Tune | undefined = continued ?? (own.motif === undefined ? undefined : readAbc(own.motif, { key, metre }));
  if (start && (metreName(start.metre) !== name || keyName(start.key) !== keyName(key)))
    throw new InksealError(
      "bad-request",
      `the opening is in ${keyName(start.key)}, ${metreName(start.metre)}; the tune shall be in ${keyName(key)}, ${name}`,
      {
        param: "controls.own.motif",
      },
    );
  const upbeat = start ? (start.parts[0]?.upbeat.length ?? 0) > 0 : (own.upbeat ?? false);
  const parts = partsOf(own.bars ?? (start && continued ? Math.max(16, 8 * Math.ceil((barsOf(start) + 4) / 8)) : 16), start);
  const plan: TunePlan = {
    key,
    metre,
    parts,
    upbeat,
    tonic: tonicStep(key, start ? middleOf(start) : middleFor(range)),
    range: start ? widened(range, start) : range,
    accidentals: own.accidentals ?? false,
  };
  if (!new TuneRules(plan).singable)
    throw new InksealError(
      "bad-request",
      `the range has too few notes of ${keyName(key)}; widen it or choose another instrument`,
      { param: "controls.own.range" },
    );
  // reels and hornpipes stand in cut time in the books; a bar is as long
  const learnt: MetreName = name === "4/4" && (genre === "reel" || genre === "hornpipe") ? "2/2" : name;
  const header: TuneHeader = {
    genre: habits[genre].learnt,
    metre: learnt,
    mode,
    density: own.density ?? (own.mood && moods[own.mood].density) ?? "even",
    upbeat,
  };
  const opening = start ? openingTokens(start, plan) : [];
  return { kind: "tune", plan, header: headerTokens(header), opening, repeats: own.repeats ?? false };
}

const barsOf = ({ parts }: Tune): number => parts.reduce((sum, { bars }) => sum + bars.length, 0);
const middleOf = (tune: Tune): number => {
  const steps = soundsOf(tune).flatMap(({ pitch }) => (pitch ? [pitch.step] : []));
  return steps.length === 0 ? usualMiddle : steps.reduce((a, b) => a + b, 0) / steps.length;
};
/** The middle of a tune in a range: where a fiddle's is, as far as the range allows. */
const middleFor = ([low, high]: readonly [number, number]): number => {
  const step = (midi: number): number => Math.round(((midi - 12) / 12) * 7);
  return Math.max(step(low) + 6, Math.min(step(high) - 6, usualMiddle));
};
/** What a given opening reaches is allowed after it too. */
function widened([low, high]: readonly [number, number], start: Tune): readonly [number, number] {
  const heard = soundsOf(start).flatMap(({ pitch }) => (pitch ? [midiOf(pitch)] : []));
  return [Math.min(low, ...heard), Math.max(high, ...heard)];
}

/** Strains of all bars; those of a given tune stay, but that its last may go on. */
function partsOf(bars: number, start: Tune | undefined): number[] {
  if (start === undefined || start.parts.length === 0) return strains(bars);
  const given = start.parts.map(({ bars }) => bars.length);
  const all = given.reduce((a, b) => a + b, 0);
  if (bars <= all)
    throw new InksealError("bad-request", `the opening has ${all} bars; ask for more than that, not ${bars}`, {
      param: "controls.own.bars",
    });
  const before = given.slice(0, -1);
  const [first = 0, ...rest] = strains(bars - before.reduce((a, b) => a + b, 0));
  // a given strain that is longer than strains are here stays whole
  return given.at(-1)! <= first ? [...before, first, ...rest] : [...given, ...strains(bars - all)];
}

/** The opening as tokens: full bars, and the beginning of one. Throws `bad-request` where its bars do not add up. */
function openingTokens({ parts }: Tune, plan: TunePlan): number[] {
  const whole = barTicks(plan.metre);
  const out: number[] = [];
  let duration = 0;
  const put = (bar: Bar): void => {
    const said = soundTokens(bar, plan.key, plan.tonic, duration);
    ({ duration } = said);
    for (const id of said.ids) out.push(id);
  };
  parts.forEach((part: Part, p) => {
    const last = p === parts.length - 1;
    out.push(tokenId("part", Math.min(maxPartsLeft, plan.parts.length - p)));
    if (part.upbeat.length > 0 !== plan.upbeat && p > 0)
      throw new InksealError("bad-request", "either all strains of the opening have an upbeat or none", {
        param: "controls.own.motif",
      });
    put(part.upbeat);
    part.bars.forEach((bar, b) => {
      const ticks = ticksOf(bar);
      const ends = b === part.bars.length - 1;
      if (ticks !== whole && !ends)
        throw new InksealError("bad-request", `bar ${b + 1} of the opening has ${ticks} of ${whole} ticks`, {
          param: "controls.own.motif",
        });
      out.push(tokenId("bar", Math.min(maxBarsLeft, plan.parts[p]! - b)));
      // the last strain's last bar may be full where the tune will go on in it
      put(bar);
      if (last && ends && ticks < whole && plan.upbeat && plan.parts[p]! === part.bars.length)
        throw new InksealError("bad-request", "the opening ends where the tune would; ask for more bars", {
          param: "controls.own.bars",
        });
    });
  });
  return out;
}
