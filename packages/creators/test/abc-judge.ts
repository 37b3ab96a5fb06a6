/** ABC as abcjs understands it, which nobody here wrote: bars, pitches and durations. */
import abcjs from "abcjs";

export interface JudgedNote {
  /** MIDI number; undefined rests. */
  readonly midi: number | undefined;
  /** Of a whole note. */
  readonly length: number;
}
export interface Judged {
  readonly title: string;
  readonly warnings: readonly string[];
  readonly metre: string;
  readonly key: {
    readonly root: string;
    readonly acc: string;
    readonly mode: string;
    readonly accidentals: readonly { readonly acc: string; readonly note: string }[];
  };
  /** Of the first voice, or each. */
  readonly voices: readonly (readonly (readonly JudgedNote[])[])[];
}

const natural = [0, 2, 4, 5, 7, 9, 11];
const signs: Readonly<Record<string, number>> = { sharp: 1, flat: -1, natural: 0, dblsharp: 2, dblflat: -2 };

// biome-ignore lint/suspicious/noExplicitAny: abcjs types its tune loosely
type Loose = any;

export function judgeAbc(abc: string): Judged {
  const tune = abcjs.parseOnly(abc)[0] as Loose;
  const voices = new Map<number, JudgedNote[][]>();
  let key: Loose;
  let metre = "";
  for (const line of tune.lines)
    (line.staff ?? []).forEach((staff: Loose, s: number) => {
      if (staff.key) key = staff.key;
      if (staff.meter) metre = staff.meter.value ? `${staff.meter.value[0].num}/${staff.meter.value[0].den}` : staff.meter.type;
      const signature = new Map<string, number>(
        (staff.key?.accidentals ?? key?.accidentals ?? []).map((a: Loose) => [a.note.toUpperCase(), signs[a.acc]!]),
      );
      staff.voices.forEach((voice: Loose[], v: number) => {
        const bars = voices.get(10 * s + v) ?? [[]];
        voices.set(10 * s + v, bars);
        let altered = new Map<number, number>();
        let triplet = 1;
        for (const el of voice) {
          if (el.el_type === "bar") {
            if (bars.at(-1)!.length > 0) bars.push([]);
            altered = new Map();
          }
          if (el.el_type !== "note") continue;
          if (el.startTriplet) triplet = 2 / 3;
          const pitch = el.pitches?.[0];
          let midi: number | undefined;
          if (pitch) {
            const step = pitch.pitch as number; // 0 is middle C
            const letter = "CDEFGAB"[((step % 7) + 7) % 7]!;
            if (pitch.accidental) altered.set(step, signs[pitch.accidental]!);
            midi =
              60 +
              12 * Math.floor(step / 7) +
              natural[((step % 7) + 7) % 7]! +
              (altered.get(step) ?? signature.get(letter) ?? 0);
          }
          bars.at(-1)!.push({ midi, length: el.duration * triplet });
          if (el.endTriplet) triplet = 1;
        }
      });
    });
  return {
    title: tune.metaText.title,
    warnings: (tune.warnings ?? []) as string[],
    metre,
    key,
    voices: [...voices].sort((a, b) => a[0] - b[0]).map(([, bars]) => bars.filter((bar) => bar.length > 0)),
  };
}
