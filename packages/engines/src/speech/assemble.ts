import type { Pcm } from "@inkseal/codec";
import type { TimedWord } from "../captions/cues.ts";
import type { Utterance } from "./script.ts";
import type { Spoken, SpokenWord } from "./speaking-process.ts";

/** Samples under this (of 32,768) are silence. */
const quiet = 60;

/** What was said, joined: sound, and each word of the script with its time. */
export interface Speech {
  readonly pcm: Pcm;
  readonly words: readonly TimedWord[];
}

/**
 * Joins sentences with the pauses that were asked for: where one is stated, what silence the voice itself leaves there is cut away
 * first, so that it is exact. `text` is the script's.
 */
export function assembled(text: string, utterances: readonly Utterance[], spoken: readonly Spoken[], tail: number): Speech {
  const rate = spoken[0]?.sampleRate ?? 22_050;
  const parts: { samples: Int16Array; silence: number }[] = [];
  const words: TimedWord[] = [];
  let length = 0;
  for (const [i, utterance] of utterances.entries()) {
    const { samples, words: said } = spoken[i]!;
    const from = utterance.pause === undefined ? 0 : firstSound(samples);
    const exactEnd = i + 1 < utterances.length ? utterances[i + 1]!.pause !== undefined : tail > 0;
    const voiced = lastSound(samples);
    const to = Math.max(from, exactEnd ? voiced : samples.length);
    const silence = Math.round((utterance.pause ?? 0) * rate);
    const start = length + silence;
    const clock = (seconds: number): number => (start + Math.max(0, Math.min(voiced, seconds * rate) - from)) / rate;
    words.push(...timed(text, utterance, said, voiced / rate).map((w) => ({ ...w, from: clock(w.from), to: clock(w.to) })));
    parts.push({ samples: samples.subarray(from, to), silence });
    length = start + (to - from);
  }
  const whole = new Float32Array(length + Math.round(tail * rate));
  let at = 0;
  for (const { samples, silence } of parts) {
    at += silence;
    for (let i = 0; i < samples.length; i++) whole[at + i] = samples[i]! / 32_768;
    at += samples.length;
  }
  return { pcm: { channels: [whole], rate }, words };
}

const firstSound = (s: Int16Array): number =>
  Math.max(
    0,
    s.findIndex((x) => Math.abs(x) > quiet),
  );
function lastSound(s: Int16Array): number {
  for (let i = s.length; i > 0; i--) if (Math.abs(s[i - 1]!) > quiet) return i;
  return 0;
}

/**
 * Words of one sentence: from the synthesiser's own events where it tells them, else the voiced part shared out by letters.
 * eSpeak tells several events for one written word (numbers) and one for several characters; each span goes up to the next one's begin.
 */
function timed(text: string, utterance: Utterance, said: readonly SpokenWord[] | undefined, voiced: number): TimedWord[] {
  const marks = said === undefined ? sharedOut(text, utterance, voiced) : begins(text, utterance, said);
  const out: TimedWord[] = [];
  let sign: Begin | undefined; // a word of marks only (`$`) goes with the next
  for (const [i, mark] of marks.entries()) {
    const { start, seconds } = sign ?? mark;
    const upTo = marks[i + 1]?.start ?? utterance.end;
    const word = text.slice(start, upTo).replace(/[^\p{L}\p{N}\p{M}]+$/u, "");
    sign = word === "" ? { start, seconds } : undefined;
    if (word === "") continue;
    const to = Math.max(seconds, Math.min(voiced, marks[i + 1]?.seconds ?? voiced));
    out.push({ start, end: start + word.length, from: Math.min(seconds, voiced), to });
  }
  return out;
}

/** Between two letters or digits of one word, in scripts that have words. */
const inside = /^[\p{Script=Latin}\p{Script=Cyrillic}\p{N}'.,]\p{N}$|^[\p{Script=Latin}\p{Script=Cyrillic}'’]{2}$/u;

interface Begin {
  readonly start: number;
  readonly seconds: number;
}

function begins(text: string, { origin, start }: Utterance, said: readonly SpokenWord[]): Begin[] {
  const out: Begin[] = [];
  for (const { at, seconds } of said) {
    const place = origin[at] ?? start;
    // events that go back, stay, or lie inside (the digits of one number) belong to the word before
    if (out.length === 0) out.push({ start, seconds });
    else if (place > out.at(-1)!.start && !inside.test(text.slice(place - 1, place + 1))) out.push({ start: place, seconds });
  }
  return out;
}

function sharedOut(text: string, { start, end }: Utterance, voiced: number): Begin[] {
  const words = [...text.slice(start, end).matchAll(/[\p{L}\p{N}\p{M}'’]+/gu)];
  const weight = (w: string): number => w.length + 1.5;
  const total = words.reduce((n, [w]) => n + weight(w), 0);
  let before = 0;
  return words.map((match) => {
    const begin = { start: start + match.index, seconds: (before / total) * voiced };
    before += weight(match[0]);
    return begin;
  });
}
