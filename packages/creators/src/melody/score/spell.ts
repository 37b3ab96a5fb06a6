import { type Key, tonicSemitone } from "./key.ts";
import { midiOf, mod, type Pitch } from "./pitch.ts";

/** Letters over the tonic that a semitone over it is written with: chromatic notes as leading notes, but for the lowered third and seventh of major. */
const lettersOf = { major: [0, 0, 1, 2, 2, 3, 3, 4, 4, 5, 6, 6], minor: [0, 0, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6] } as const;

/** A MIDI number as it is written in a key. */
export function spell(key: Key, midi: number): Pitch {
  const over = mod(midi - tonicSemitone(key), 12);
  const table = key.mode === "major" || key.mode === "mixolydian" || key.mode === "lydian" ? lettersOf.major : lettersOf.minor;
  const letter = mod(key.tonic.letter + table[over]!, 7);
  let best: Pitch = { step: 0, alter: 99 };
  for (const octave of [Math.floor(midi / 12) - 2, Math.floor(midi / 12) - 1, Math.floor(midi / 12)]) {
    const step = 7 * octave + letter;
    const alter = midi - midiOf({ step, alter: 0 });
    if (Math.abs(alter) < Math.abs(best.alter)) best = { step, alter };
  }
  return best;
}

/** Krumhansl & Kessler 1982: how well each semitone over the tonic fits a key. */
const profiles = {
  major: [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88],
  minor: [6.33, 2.68, 3.52, 5.38, 2.6, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17],
} as const;
const tonics = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"] as const;

/** The key that notes seem to be in, for files that do not say: by how long each pitch class sounds, and which ends it. */
export function guessKey(notes: readonly { readonly midi: number; readonly ticks: number }[]): Key {
  const heard = new Array<number>(12).fill(0);
  for (const { midi, ticks } of notes) heard[mod(midi, 12)]! += ticks;
  const last = notes.at(-1);
  if (last) heard[mod(last.midi, 12)]! += 0.1 * heard.reduce((a, b) => a + b, 0);
  let best = { fit: Number.NEGATIVE_INFINITY, tonic: 0, mode: "major" as "major" | "minor" };
  for (const mode of ["major", "minor"] as const)
    for (let tonic = 0; tonic < 12; tonic++) {
      const fit = correlation(
        heard,
        profiles[mode].map((_, i) => profiles[mode][mod(i - tonic, 12)]!),
      );
      if (fit > best.fit) best = { fit, tonic, mode };
    }
  // minor keys are written with sharps where major ones have flats
  const name =
    best.mode === "minor"
      ? ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B"][best.tonic]!
      : tonics[best.tonic]!;
  return {
    tonic: { letter: "CDEFGAB".indexOf(name[0]!), alter: name[1] === "#" ? 1 : name[1] === "b" ? -1 : 0 },
    mode: best.mode,
  };
}
function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (x: readonly number[]): number => x.reduce((s, v) => s + v, 0) / x.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [top, aa, bb] = [0, 1e-9, 1e-9];
  a.forEach((v, i) => {
    top += (v - ma) * (b[i]! - mb);
    aa += (v - ma) ** 2;
    bb += (b[i]! - mb) ** 2;
  });
  return top / Math.sqrt(aa * bb);
}
