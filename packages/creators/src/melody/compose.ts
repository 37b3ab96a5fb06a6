/** A job's piece: the notes by the models, the rest as the job says. */
import type { Decoder } from "@inkseal/lab";
import { type Frame, framesOf, voiceParts } from "./chorale/grid.ts";
import { type Harmony, harmonise } from "./chorale/harmonise.ts";
import { voiceNames } from "./chorale/rules.ts";
import type { VoiceFrame } from "./chorale/vocabulary.ts";
import type { ChoraleWork, MelodyJob, TuneWork } from "./job.ts";
import type { Piece, Voice } from "./score/piece.ts";
import { spell } from "./score/spell.ts";
import { type Bar, barTicks, type Part, type Sound, type Tune } from "./score/tune.ts";
import { decodeParts } from "./tune/encode.ts";
import { sing, type TuneModel } from "./tune/sing.ts";

/** The two models; each is loaded when first needed. */
export interface Models {
  tunes(): Promise<TuneModel>;
  chorales(): Promise<Decoder>;
}
/** How far a piece is, and what there is of it. */
export interface Composed {
  readonly piece: Piece;
  readonly fraction: number;
  readonly note: string;
  readonly tokens: number;
  readonly done: boolean;
}

export function compose(models: Models, job: MelodyJob, seed: number, signal: AbortSignal): AsyncGenerator<Composed> {
  return job.work.kind === "tune"
    ? composeTune(models, job, job.work, seed, signal)
    : composeChorale(models, job, job.work, seed, signal);
}

async function* composeTune(
  models: Models,
  job: MelodyJob,
  work: TuneWork,
  seed: number,
  signal: AbortSignal,
): AsyncGenerator<Composed> {
  const { plan, header, opening } = work;
  const all = plan.parts.reduce((a, b) => a + b, 0);
  const { temperature, topP } = job;
  let last: Composed | undefined;
  for await (const { tokens, bars } of sing(await models.tunes(), { plan, header, opening, temperature, topP, seed, signal })) {
    if (last !== undefined) yield last;
    const parts = decodeParts(tokens, plan.key, plan.tonic).map((part) => ({ ...part, repeated: work.repeats }));
    const voice: Voice = { name: job.instrument, program: job.program, ...staffOf(parts), staff: 0, parts };
    const piece: Piece = { title: job.title, key: plan.key, metre: plan.metre, tempo: job.tempo, voices: [voice] };
    last = { piece, fraction: bars / all, note: `${bars} of ${all} bars`, tokens: tokens.length, done: false };
  }
  yield { ...last!, done: true };
}
/** Low music is read more easily in a bass staff. */
function staffOf(parts: readonly Part[]): Pick<Voice, "clef"> {
  const steps = parts
    .flatMap(({ upbeat, bars }) => [...upbeat, ...bars.flat()])
    .flatMap(({ pitch }) => (pitch ? [pitch.step] : []));
  return { clef: steps.reduce((a, b) => a + b, 0) / Math.max(1, steps.length) < 28 ? "bass" : "treble" };
}

async function* composeChorale(
  models: Models,
  job: MelodyJob,
  work: ChoraleWork,
  seed: number,
  signal: AbortSignal,
): AsyncGenerator<Composed> {
  const { melody, key, metre, shift, mode, candidates } = work;
  const grid = melody ? framesOf(melody) : freeGrid(work);
  const flat = grid.flat(2);
  const sung = melody ? flat.filter((frame) => frame.melody !== undefined) : flat;
  const decoder = await models.chorales();
  const { temperature, topP } = job;
  const given = melody && { soprano: sung.map((frame) => frame.melody! - shift) };
  let harmony: Harmony | undefined;
  const steps = { mode, shift, temperature, topP, seed, candidates, signal, beats: sung.map(({ on }) => on), ...given };
  let told = 0;
  for await (const step of harmonise(decoder, steps)) {
    if (typeof step !== "number") harmony = step;
    else if (step - told >= 16) {
      told = step;
      yield {
        piece: emptyPiece(job, work),
        fraction: step / sung.length,
        note: `${step} of ${sung.length} chords`,
        tokens: 4 * step,
        done: false,
      };
    }
  }
  // silent frames of the melody are silent in all voices
  const chords = harmony!.frames.values();
  const frames = flat.map((frame): VoiceFrame | undefined => {
    if (melody && frame.melody === undefined) return undefined;
    const [S, A, T, B] = chords.next().value!;
    const sound = (p: number | undefined) => (p === undefined ? undefined : p + shift);
    return [sound(S), sound(A), sound(T), sound(B)];
  });
  const tune: Tune = melody ?? {
    key,
    metre,
    parts: grid.map((bars) => ({ upbeat: [], bars: bars.map(() => []), repeated: false })),
  };
  const heardGrid = melody ? grid : struckBy(grid, frames);
  const voices = voiceNames.map((name, v): Voice => {
    const parts =
      v === 0 ? (melody?.parts ?? sopranoParts(heardGrid, frames, work)) : voiceParts(heardGrid, frames, v, key, tune);
    return {
      name: `${name[0]!.toUpperCase()}${name.slice(1)}`,
      program: job.program,
      clef: v < 2 ? "treble" : "bass",
      staff: v < 2 ? 0 : 1,
      stems: v % 2 === 0 ? "up" : "down",
      parts,
    };
  });
  yield {
    piece: { ...emptyPiece(job, work), voices },
    fraction: 1,
    note: `${sung.length} chords`,
    tokens: 4 * sung.length,
    done: true,
  };
}
const emptyPiece = (job: MelodyJob, { key, metre }: ChoraleWork): Piece => ({
  title: job.title,
  key,
  metre,
  tempo: job.tempo,
  voices: [],
});

/** Two frames to the beat. */
function freeGrid({ bars, metre }: ChoraleWork): Frame[][][] {
  const bar = Array.from(
    { length: barTicks(metre) / 24 },
    (_, i): Frame => ({ ticks: 24, on: i % 2 === 0, melody: undefined, struck: i % 2 === 0 }),
  );
  return [Array.from({ length: bars }, () => bar)];
}

/** The soprano as its frames say where notes begin. */
function sopranoParts(
  grid: readonly (readonly (readonly Frame[])[])[],
  frames: readonly (VoiceFrame | undefined)[],
  { key }: ChoraleWork,
): Part[] {
  let at = 0;
  return grid.map((bars): Part => {
    const written = bars.map((bar): Bar => {
      const out: Sound[] = [];
      for (const { ticks, struck } of bar) {
        const midi = frames[at++]![0]!;
        if (struck || out.length === 0) out.push({ ticks, pitch: spell(key, midi) });
        else out[out.length - 1] = { ...out.at(-1)!, ticks: out.at(-1)!.ticks + ticks };
      }
      return out;
    });
    return { upbeat: [], bars: written, repeated: false };
  });
}
/** Where a made soprano begins a note: where its pitch changes, and on a beat where another voice moves. A chord that stays is one. */
function struckBy(grid: readonly (readonly (readonly Frame[])[])[], frames: readonly (VoiceFrame | undefined)[]): Frame[][][] {
  let at = 0;
  return grid.map((bars) =>
    bars.map((bar) =>
      bar.map((frame, f) => {
        const [before, now] = [frames[at - 1], frames[at++]];
        const stays = now!.every((p, v) => p === before?.[v]);
        return { ...frame, struck: f === 0 || before?.[0] !== now?.[0] || (frame.on && !stays) };
      }),
    ),
  );
}
