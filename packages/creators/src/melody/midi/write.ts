/** A piece as a Standard MIDI File of type 1 (MIDI 1.0, RP-001): a track of tempo, metre and key, then one for each voice. */
import { fifthsOf } from "../score/key.ts";
import { type Heard, type Piece, playedSounds } from "../score/piece.ts";
import { midiOf } from "../score/pitch.ts";
import { barTicks, beatTicks, wholeTicks } from "../score/tune.ts";

const perQuarter = wholeTicks / 4;
/** Microseconds of a quarter note. */
const quarterMicros = ({ metre, tempo }: Piece): number => Math.round((60e6 * perQuarter) / (tempo * beatTicks(metre)));
/** Seconds of a tick. */
export const tickSeconds = (piece: Piece): number => quarterMicros(piece) / 1e6 / perQuarter;

/** All notes as they are heard, voice after voice, each in time. */
export function heard({ voices }: Piece): Heard[] {
  const out: Heard[] = [];
  voices.forEach((voice, v) => {
    let start = 0;
    for (const { pitch, ticks, held } of playedSounds(voice)) {
      const before = out.at(-1);
      if (pitch !== undefined) {
        const midi = midiOf(pitch);
        if (held && before?.voice === v && before.midi === midi && before.start + before.ticks === start)
          out[out.length - 1] = { ...before, ticks: before.ticks + ticks };
        else out.push({ voice: v, start, ticks, midi });
      }
      start += ticks;
    }
  });
  return out;
}

/** How loud a note is by its place: the bar's first above the others of a beat, these above the rest. */
export function loudness({ metre }: Piece, start: number): number {
  if (start % barTicks(metre) === 0) return 96;
  return start % beatTicks(metre) === 0 ? 86 : 76;
}

export function writeMidi(piece: Piece): Uint8Array {
  const { key, metre, voices, title } = piece;
  const text = (type: number, value: string): number[] => {
    const bytes = [...new TextEncoder().encode(value)];
    return [0, 0xff, type, ...variable(bytes.length), ...bytes];
  };
  const micros = quarterMicros(piece);
  const clocks = beatTicks(metre) / 2; // of 24 to the quarter
  const minor = ["minor", "dorian", "phrygian", "locrian"].includes(key.mode) ? 1 : 0;
  const conductor = [
    ...text(3, title),
    ...[0, 0xff, 0x51, 3, micros >> 16, (micros >> 8) & 255, micros & 255],
    ...[0, 0xff, 0x58, 4, metre.beats, Math.log2(metre.unit), clocks, 8],
    ...[0, 0xff, 0x59, 2, fifthsOf(key) & 255, minor],
    ...[0, 0xff, 0x2f, 0],
  ];
  const notes = heard(piece);
  const tracks = voices.map(({ name, program }, v) => {
    const channel = v < 9 ? v : v + 1; // the tenth is for drums
    const events: { at: number; order: number; bytes: number[] }[] = [];
    for (const { voice, start, ticks, midi } of notes) {
      if (voice !== v) continue;
      // a little air before the next note, so that repeated ones are two
      const end = start + Math.max(1, ticks - Math.min(3, ticks >> 3));
      events.push({ at: start, order: 1, bytes: [0x90 | channel, midi, loudness(piece, start)] });
      events.push({ at: end, order: 0, bytes: [0x80 | channel, midi, 64] });
    }
    events.sort((a, b) => a.at - b.at || a.order - b.order);
    const track = [...text(3, name), 0, 0xc0 | channel, program];
    let now = 0;
    for (const { at, bytes } of events) {
      track.push(...variable(at - now), ...bytes);
      now = at;
    }
    const total = playedSounds(voices[v]!).reduce((sum, { ticks }) => sum + ticks, 0);
    track.push(...variable(Math.max(0, total - now)), 0xff, 0x2f, 0);
    return track;
  });
  const head = [...ascii("MThd"), ...u32(6), 0, 1, 0, tracks.length + 1, perQuarter >> 8, perQuarter & 255];
  const all = [conductor, ...tracks].flatMap((track) => [...ascii("MTrk"), ...u32(track.length), ...track]);
  return Uint8Array.from([...head, ...all]);
}

const ascii = (text: string): number[] => [...text].map((c) => c.charCodeAt(0));
const u32 = (n: number): number[] => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
/** A variable-length quantity. */
function variable(n: number): number[] {
  const out = [n & 127];
  for (let rest = n >> 7; rest > 0; rest >>= 7) out.unshift((rest & 127) | 128);
  return out;
}
