import { badFile, concat, fromLatin1, hasAt, latin1, viewOf } from "./bytes.ts";

/** A chunk of a Standard MIDI File (MMA, 1.1): `MThd`, then tracks `MTrk`; others are to be skipped. */
export interface MidiChunk {
  readonly id: string;
  readonly data: Uint8Array;
}

export interface Midi {
  readonly chunks: readonly MidiChunk[];
  readonly trailing: Uint8Array;
}

/** The chunks of a file, as views. Throws `bad-file`. */
export function parseMidi(file: Uint8Array): Midi {
  if (!hasAt(file, 0, latin1("MThd"))) throw badFile("not a MIDI file");
  const view = viewOf(file);
  const chunks: MidiChunk[] = [];
  let at = 0;
  while (at + 8 <= file.length && (chunks.length === 0 || /^[ -~]{4}$/.test(fromLatin1(file.subarray(at, at + 4))))) {
    const end = at + 8 + view.getUint32(at + 4);
    if (end > file.length) throw badFile("MIDI ends inside a chunk");
    chunks.push({ id: fromLatin1(file.subarray(at, at + 4)), data: file.subarray(at + 8, end) });
    at = end;
  }
  if ((chunks[0]?.data.length ?? 0) < 6) throw badFile("MIDI ends inside its header");
  return { chunks, trailing: file.subarray(at) };
}

export function writeMidi({ chunks, trailing }: Midi): Uint8Array {
  const parts = chunks.flatMap(({ id, data }) => {
    const head = new Uint8Array(8);
    head.set(latin1(id));
    viewOf(head).setUint32(4, data.length);
    return [head, data];
  });
  return concat([...parts, trailing]);
}

/** A meta event at the start of a track, before any time has passed. */
export interface MidiMeta {
  /** 1 text, 2 copyright, 3 name of the track, 0x51 tempo. */
  readonly type: number;
  readonly data: Uint8Array;
  /** The event with its delta time, as it stands. */
  readonly bytes: Uint8Array;
}

/** The meta events that a track begins with; `rest` is everything from the first other event on. */
export function leadingMeta(track: Uint8Array): { readonly events: readonly MidiMeta[]; readonly rest: Uint8Array } {
  const events: MidiMeta[] = [];
  let at = 0;
  while (track[at] === 0 && track[at + 1] === 0xff) {
    const type = track[at + 2];
    const length = variable(track, at + 3);
    if (type === undefined || type === 0x2f || length === undefined) break;
    const end = length.end + length.value;
    if (end > track.length) break;
    events.push({ type, data: track.subarray(length.end, end), bytes: track.subarray(at, end) });
    at = end;
  }
  return { events, rest: track.subarray(at) };
}

/** A text event at delta time 0. */
export function midiText(data: Uint8Array): Uint8Array {
  const length: number[] = [data.length & 0x7f];
  for (let n = data.length >>> 7; n > 0; n >>>= 7) length.unshift((n & 0x7f) | 0x80);
  return concat([Uint8Array.of(0, 0xff, 1, ...length), data]);
}

/** A number of 7 bits a byte, four bytes at most. */
function variable(bytes: Uint8Array, from: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let at = from; at < from + 4; at++) {
    const b = bytes[at];
    if (b === undefined) return undefined;
    value = value * 128 + (b & 0x7f);
    if (b < 0x80) return { value, end: at + 1 };
  }
  return undefined;
}
