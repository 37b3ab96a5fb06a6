import { InksealError } from "@inkseal/core";
import { voiceRanges } from "./chorale/rules.ts";
import type { MelodyControls } from "./controls.ts";
import type { ChoraleWork } from "./job.ts";
import { type Key, tonicSemitone } from "./score/key.ts";
import { midiOf, type Pitch } from "./score/pitch.ts";
import { type Metre, metreName, type Part, soundsOf, type Tune } from "./score/tune.ts";

/** Semitones from C to the key, at most half an octave. */
const shiftOf = (key: Key): number => ((tonicSemitone(key) + 5) % 12) - 5;
const modeOf = ({ mode }: Key): "major" | "minor" =>
  mode === "major" || mode === "mixolydian" || mode === "lydian" ? "major" : "minor";

/** A free chorale. Throws `cannot-do` for metres that Bach's chorales have not. */
export function choraleWork(own: MelodyControls, key: Key, metre: Metre): ChoraleWork {
  if (metre.unit !== 4 || ![2, 3, 4].includes(metre.beats))
    throw new InksealError("cannot-do", `chorales are in 4/4, 3/4 or 2/4 here, not ${metreName(metre)}`, {
      param: "controls.own.metre",
    });
  return {
    kind: "chorale",
    key,
    metre,
    mode: modeOf(key),
    shift: shiftOf(key),
    bars: own.bars ?? 8,
    candidates: own.candidates ?? 1,
  };
}

/** A harmony for a melody, which is moved by octaves into the soprano's range. Throws `cannot-do` where it does not fit. */
export function harmonyWork(melody: Tune, own: MelodyControls): ChoraleWork {
  const [low, high] = voiceRanges[0];
  const heard = soundsOf(melody).flatMap(({ pitch }) => (pitch ? [midiOf(pitch)] : []));
  const [lowest, highest] = [Math.min(...heard), Math.max(...heard)];
  const octave = [0, -1, 1, -2, 2, -3, 3].find((o) => lowest + 12 * o >= low && highest + 12 * o <= high);
  if (octave === undefined)
    throw new InksealError(
      "cannot-do",
      `the melody spans ${highest - lowest} semitones and fits no octave of the soprano (C4 to A5); leave out what is too high or too low`,
      { param: "controls.own.harmonise" },
    );
  const moved = (part: Part): Part => {
    const move = (p: Pitch): Pitch => ({ ...p, step: p.step + 7 * octave });
    const bar = (sounds: Part["upbeat"]) => sounds.map((s) => (s.pitch ? { ...s, pitch: move(s.pitch) } : s));
    return { ...part, upbeat: bar(part.upbeat), bars: part.bars.map(bar) };
  };
  const { key, metre } = melody;
  return {
    kind: "chorale",
    ...{ key, metre, mode: modeOf(key), shift: shiftOf(key), bars: 0, candidates: own.candidates ?? 4 },
    melody: { ...melody, parts: melody.parts.map(moved) },
  };
}
