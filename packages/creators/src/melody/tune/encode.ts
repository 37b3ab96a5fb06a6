import { InksealError } from "@inkseal/core";
import { type Key, signatureAlter } from "../score/key.ts";
import { mod, type Pitch } from "../score/pitch.ts";
import {
  type Bar,
  barTicks,
  metreName,
  type Part,
  type Sound,
  soundsOf,
  type Tune,
  ticksOf,
  wholeTicks,
} from "../score/tune.ts";
import {
  type Density,
  densities,
  densityOf,
  type Genre,
  genres,
  type MetreName,
  maxBarsLeft,
  maxPartsLeft,
  metres,
  type TuneMode,
  tokenId,
  tuneModes,
  tuneTokens,
} from "./vocabulary.ts";

/** What stands before a tune's first part. */
export interface TuneHeader {
  readonly genre: Genre;
  readonly metre: MetreName;
  readonly mode: TuneMode;
  readonly density: Density;
  readonly upbeat: boolean;
}
export const headerTokens = ({ genre, metre, mode, density, upbeat }: TuneHeader): number[] => [
  tokenId("genre", genres.indexOf(genre)),
  tokenId("metre", metres.indexOf(metre)),
  tokenId("mode", tuneModes.indexOf(mode)),
  tokenId("density", densities.indexOf(density)),
  tokenId("upbeat", upbeat ? 1 : 0),
];

/** The tonic that tokens count from, as a step: the one from which a melody around `middle` lies a little above. */
export const tonicStep = ({ tonic }: Key, middle: number): number =>
  tonic.letter + 7 * Math.floor((middle + 0.5 - tonic.letter) / 7);
/** B4, about which fiddle tunes turn. */
export const usualMiddle = 34;

const middleOf = (tune: Tune): number => {
  const steps = soundsOf(tune).flatMap(({ pitch }) => (pitch ? [pitch.step] : []));
  return steps.reduce((a, b) => a + b, 0) / Math.max(1, steps.length);
};

/** How a tune would be asked for. Throws `bad-request` where the model has no such metre or mode. */
export function headerOf(tune: Tune, genre: Genre): TuneHeader {
  const metre = metreName(tune.metre) as MetreName;
  const mode = tune.key.mode as TuneMode;
  if (!metres.includes(metre))
    throw new InksealError("bad-request", `the tune model knows no ${metre}; it knows ${metres.join(", ")}`);
  if (!tuneModes.includes(mode))
    throw new InksealError("bad-request", `the tune model knows no ${mode}; it knows ${tuneModes.join(", ")}`);
  const sounds = soundsOf(tune);
  const density = densityOf(metre, (sounds.length * wholeTicks) / ticksOf(sounds));
  return { genre, metre, mode, density, upbeat: tune.parts.some((p) => p.upbeat.length > 0) };
}

/** A pitch as steps over the tonic, and semitones off the signature. */
export const relative = (key: Key, tonic: number, { step, alter }: Pitch): { value: number; alter: number } => ({
  value: step - tonic,
  alter: alter - signatureAlter(key, mod(step, 7)),
});
export const absolute = (key: Key, tonic: number, { value, alter = 0 }: { value: number; alter?: number }): Pitch => ({
  step: tonic + value,
  alter: signatureAlter(key, mod(tonic + value, 7)) + alter,
});

/** Sounds as tokens after a sound of `duration` ticks; answers the tokens and the last duration. */
export function soundTokens(bar: Bar, key: Key, tonic: number, duration: number): { ids: number[]; duration: number } {
  const out: number[] = [];
  let now = duration;
  for (const { pitch, ticks, held } of bar) {
    if (ticks !== now) out.push(tokenId("duration", (now = ticks)));
    if (pitch === undefined) out.push(tokenId("rest"));
    else if (held) out.push(tokenId("held"));
    else {
      const { value, alter } = relative(key, tonic, pitch);
      out.push(tokenId("pitch", value, alter));
    }
  }
  return { ids: out, duration: now };
}

/** A whole tune as tokens. Throws `bad-request` for what has no token: a rare duration, a note out of reach. */
export function encodeTune(tune: Tune, genre: Genre): number[] {
  const out = headerTokens(headerOf(tune, genre));
  const tonic = tonicStep(tune.key, middleOf(tune));
  let duration = 0;
  const put = (bar: Bar): void => {
    const said = soundTokens(bar, tune.key, tonic, duration);
    duration = said.duration;
    for (const id of said.ids) out.push(id);
  };
  tune.parts.forEach((part, p) => {
    out.push(tokenId("part", Math.min(maxPartsLeft, tune.parts.length - p)));
    put(part.upbeat);
    part.bars.forEach((bar, b) => {
      out.push(tokenId("bar", Math.min(maxBarsLeft, part.bars.length - b)));
      put(bar);
    });
  });
  out.push(tokenId("end"));
  return out;
}

/** The parts that tokens spell, from the first part token on; broken off tokens make a broken last bar. */
export function decodeParts(tokens: readonly number[], key: Key, tonic: number): Part[] {
  const parts: { upbeat: Sound[]; bars: Sound[][]; repeated: boolean }[] = [];
  let ticks = 0;
  let into: Sound[] | undefined;
  let last: Pitch | undefined;
  for (const id of tokens) {
    const { kind, value, alter } = tuneTokens[id]!;
    if (kind === "part") {
      const part = { upbeat: [], bars: [], repeated: false };
      parts.push(part);
      into = part.upbeat;
    } else if (kind === "bar") parts.at(-1)?.bars.push((into = []));
    else if (kind === "duration") ticks = value;
    else if (kind === "rest") into?.push({ ticks });
    else if (kind === "held" && last) into?.push({ pitch: last, ticks, held: true });
    else if (kind === "pitch") into?.push({ pitch: (last = absolute(key, tonic, { value, alter: alter! })), ticks });
  }
  return parts;
}

/** Why a tune does not add up, or undefined when every bar is full, but for a part's last, which leaves room for its upbeat. */
export function notFull(tune: Tune): string | undefined {
  const whole = barTicks(tune.metre);
  for (const [p, { upbeat, bars }] of tune.parts.entries()) {
    const next = ticksOf(tune.parts[p + 1]?.upbeat ?? []);
    const own = ticksOf(upbeat);
    if (own >= whole || bars.length === 0) return `part ${p + 1} has no bar`;
    for (const [b, bar] of bars.entries()) {
      const missing = whole - ticksOf(bar);
      if (missing === 0) continue;
      if (b === bars.length - 1 && missing > 0 && (missing === next || missing === own)) continue;
      return `bar ${b + 1} of part ${p + 1} has ${ticksOf(bar)} of ${whole} ticks`;
    }
  }
  return undefined;
}
