import { parseMidi } from "@inkseal/codec";
import { InksealError } from "@inkseal/core";
import { fifthsOf, type Key, parseKey } from "../score/key.ts";
import { guessKey, spell } from "../score/spell.ts";
import { type Bar, barTicks, type Metre, type Sound, type Tune } from "../score/tune.ts";
import { writable } from "../score/value.ts";

interface Note {
  readonly start: number;
  readonly end: number;
  readonly midi: number;
  readonly track: number;
}
const bad = (message: string): InksealError => new InksealError("bad-file", `MIDI: ${message}`);

/** The melody of a Standard MIDI File: of the track whose notes are highest, the top line, on a grid of sixteenths. Throws `bad-file`. */
export function readMidi(bytes: Uint8Array): Tune {
  const { chunks } = parseMidi(bytes);
  const head = chunks[0]!.data;
  const perQuarter = (head[4]! << 8) | head[5]!;
  if (perQuarter === 0 || perQuarter >= 0x8000) throw bad("its times are in seconds, not in beats; export it with beats");
  const notes: Note[] = [];
  const says: Says = {};
  chunks
    .filter(({ id }) => id === "MTrk")
    .forEach(({ data }, track) => {
      readTrack(data, track, notes, says);
    });
  if (notes.length === 0) throw bad("it has no notes");
  const tracks = new Map<number, number[]>();
  for (const { track, midi } of notes) tracks.set(track, [...(tracks.get(track) ?? []), midi]);
  const middle = (all: readonly number[]): number => all.reduce((a, b) => a + b, 0) / all.length;
  const [melody] = [...tracks].sort((a, b) => middle(b[1]) - middle(a[1]))[0]!;
  // a grid of sixteenths, so that what was played by hand is written too
  const grid = (time: number): number => Math.round((time * 4) / perQuarter) * 12;
  const line: { start: number; end: number; midi: number }[] = [];
  for (const { start, end, midi } of notes
    .filter(({ track }) => track === melody)
    .sort((a, b) => a.start - b.start || b.midi - a.midi)) {
    const at = grid(start);
    const last = line.at(-1);
    if (last && last.start === at) continue; // under the top note
    if (last && last.end > at) last.end = at;
    // a gap of less than a sixteenth is how it was played
    if (last && at - last.end <= 12) last.end = at;
    line.push({ start: at, end: Math.max(at + 12, grid(end)), midi });
  }
  const metre = says.metre ?? { beats: 4, unit: 4 };
  const key = says.key ?? guessKey(line.map(({ start, end, midi }) => ({ midi, ticks: end - start })));
  return {
    key,
    metre,
    ...(says.tempo !== undefined && { tempo: says.tempo }),
    parts: [{ upbeat: [], bars: barsOf(line, key, metre), repeated: false }],
  };
}

interface Says {
  key?: Key;
  metre?: Metre;
  tempo?: number;
}
function readTrack(data: Uint8Array, track: number, notes: Note[], says: Says): void {
  let at = 0;
  let time = 0;
  let status = 0;
  const on = new Map<number, number>();
  const next = (): number => {
    const byte = data[at++];
    if (byte === undefined) throw bad("a track ends inside an event");
    return byte;
  };
  const variable = (): number => {
    let n = 0;
    for (let i = 0; i < 4; i++) {
      const byte = next();
      n = n * 128 + (byte & 127);
      if (byte < 128) return n;
    }
    throw bad("a number is too long");
  };
  while (at < data.length) {
    time += variable();
    if (data[at]! >= 0x80) status = next();
    if (status === 0xff) {
      const type = next();
      const length = variable();
      meta(type, data.subarray(at, at + length), says);
      at += length;
      if (type === 0x2f) return;
    } else if (status === 0xf0 || status === 0xf7) at += variable();
    else if (status < 0x80) throw bad("an event has no status");
    else {
      const kind = status >> 4;
      const first = next();
      const second = kind === 0xc || kind === 0xd ? 0 : next();
      if ((status & 15) === 9) continue; // drums
      const key = ((status & 15) << 7) | first;
      if (kind === 9 && second > 0) on.set(key, time);
      else if (kind === 8 || kind === 9) {
        const start = on.get(key);
        if (start !== undefined && time > start) notes.push({ start, end: time, midi: first, track });
        on.delete(key);
      }
    }
  }
}
function meta(type: number, data: Uint8Array, says: Says): void {
  if (type === 0x58 && data.length >= 2 && data[0]! > 0 && data[1]! <= 4)
    says.metre ??= { beats: data[0]!, unit: 2 ** data[1]! };
  if (type === 0x51 && data.length >= 3) says.tempo ??= Math.round(60e6 / ((data[0]! << 16) | (data[1]! << 8) | data[2]!));
  if (type === 0x59 && data.length >= 2) {
    const fifths = (data[0]! << 24) >> 24;
    const minor = data[1] === 1;
    says.key ??= keyOfFifths(fifths, minor ? "minor" : "major");
  }
}
/** The key of a signature. */
export function keyOfFifths(fifths: number, mode: "major" | "minor"): Key | undefined {
  for (const letter of "CDEFGAB")
    for (const sign of ["", "#", "b"]) {
      const key = parseKey(`${letter}${sign}${mode === "minor" ? "m" : ""}`);
      if (key && fifthsOf(key) === fifths) return key;
    }
  return undefined;
}

function barsOf(line: readonly { start: number; end: number; midi: number }[], key: Key, metre: Metre): Bar[] {
  const whole = barTicks(metre);
  const count = Math.ceil(Math.max(...line.map(({ end }) => end)) / whole);
  const bars: Sound[][] = Array.from({ length: Math.min(count, 4096) }, () => []);
  const put = (start: number, end: number, midi: number | undefined): void => {
    for (let at = start; at < end; ) {
      const bar = Math.floor(at / whole);
      const to = Math.min(end, (bar + 1) * whole);
      for (const [i, ticks] of writable(to - at).entries())
        bars[bar]?.push({
          ticks,
          ...(midi !== undefined && { pitch: spell(key, midi), ...((at > start || i > 0) && { held: true }) }),
        });
      at = to;
    }
  };
  let now = 0;
  for (const { start, end, midi } of line) {
    put(now, start, undefined);
    put(start, end, midi);
    now = Math.max(now, end);
  }
  put(now, count * whole, undefined);
  return bars;
}
