import type { Pcm } from "@inkseal/codec";
import { seededRandom } from "@inkseal/lab";
import { breathe } from "../breathe.ts";
import { heard, loudness, tickSeconds } from "../midi/write.ts";
import type { Piece } from "../score/piece.ts";
import { playNote } from "./notes.ts";
import { reverb } from "./reverb.ts";
import { timbreOf } from "./timbre.ts";

export const sampleRate = 44_100;
/** Longest music that is rendered, seconds: ten minutes of stereo are 212 MB while they are made. */
export const longest = 600;
/** What sounds on after the last note. */
const tail = 1.6;

/** How long a piece sounds, seconds. */
export const secondsOf = (piece: Piece): number =>
  heard(piece).reduce((end, n) => Math.max(end, n.start + n.ticks), 0) * tickSeconds(piece);

/** A piece as stereo sound, at most -1 dB of full scale, telling how far it is. Deterministic. Throws `cancelled`. */
export async function* render(piece: Piece, signal: AbortSignal): AsyncGenerator<number | Pcm, void, void> {
  const rate = sampleRate;
  const notes = heard(piece);
  const second = tickSeconds(piece);
  const length = Math.ceil((secondsOf(piece) + tail) * rate);
  const [left, right] = [new Float32Array(length), new Float32Array(length)];
  const random = seededRandom(1);
  const voices = piece.voices.length;
  let done = 0;
  for (const { voice, start, ticks, midi } of notes) {
    // nobody is exactly on time
    const late = 0.006 * random();
    const seconds = ticks * second * 0.97;
    const level = ((loudness(piece, start) / 127) * (0.94 + 0.12 * random())) / Math.sqrt(voices);
    const sound = playNote(
      timbreOf(piece.voices[voice]!.program),
      { hertz: 440 * 2 ** ((midi - 69) / 12), seconds, level },
      rate,
      random,
    );
    const pan = voices === 1 ? 0.5 : 0.25 + (0.5 * voice) / (voices - 1);
    const [l, r] = [Math.cos((pan * Math.PI) / 2), Math.sin((pan * Math.PI) / 2)];
    const from = Math.floor((start * second + late) * rate);
    const end = Math.min(length, from + sound.length);
    for (let i = from; i < end; i++) {
      const x = sound[i - from]!;
      left[i]! += l * x;
      right[i]! += r * x;
    }
    if (++done % 16 === 0) {
      await breathe(signal);
      yield (0.8 * done) / notes.length;
    }
  }
  for (const [channel, side] of [
    [left, false],
    [right, true],
  ] as const) {
    const wet = reverb(channel, { rate, room: 0.8, damp: 0.35, right: side });
    for (let i = 0; i < length; i++) channel[i]! += 0.5 * wet[i]!;
    await breathe(signal);
    yield side ? 1 : 0.9;
  }
  let peak = 1e-6;
  let power = 0;
  for (const channel of [left, right])
    for (const x of channel) {
      if (Math.abs(x) > peak) peak = Math.abs(x);
      power += x * x;
    }
  // about as loud as each other, and never over full scale
  const gain = Math.min(10 ** (-1 / 20) / peak, 0.13 / Math.sqrt(power / (2 * length) + 1e-12));
  for (const channel of [left, right]) for (let i = 0; i < length; i++) channel[i]! *= gain;
  yield { channels: [left, right], rate };
}
