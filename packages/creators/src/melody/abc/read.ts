/**
 * ABC (standard 2.1, the melody of it): one tune's text → a {@link Tune}. Grace notes, decorations, chord symbols and lyrics are left out; of a chord the
 * highest note counts, of two endings the second. What would change the music's meaning if it were left out (a second voice, a key or a metre that
 * changes in the middle) is an error that says so.
 */
import { InksealError } from "@inkseal/core";
import { type Key, parseKey, signatureAlter } from "../score/key.ts";
import { midiOf, mod, octaveOf, type Pitch } from "../score/pitch.ts";
import { beatTicks, type Metre, type Sound, type Tune, wholeTicks } from "../score/tune.ts";
import { partsOf, type RawBar } from "./bars.ts";

const fail = (message: string): never => {
  throw new InksealError("bad-request", `ABC: ${message}`, { param: "abc" });
};

/** Reads the first tune of a text; header lines may be missing (then C major, 4/4), so that a fragment such as `D2 FA dfaf` is read too. */
export function readAbc(text: string, given: { readonly key?: Key; readonly metre?: Metre } = {}): Tune {
  const fields = new Map<string, string>();
  let key = given.key;
  let metre = given.metre;
  let unit: number | undefined;
  const body: string[] = [];
  let inBody = false;
  for (const whole of text.replace(/\r\n?/g, "\n").split("\n")) {
    const line = whole.replace(/(^|[^\\])%.*$/, "$1").trimEnd();
    if (line.trim() === "") {
      if (inBody && body.length > 0) break;
      continue;
    }
    const field = /^([A-Za-z]):(.*)$/.exec(line.trimStart());
    // `K:`-like lines are fields; `|:` and `d:|` are music
    if (field === null) {
      inBody = true;
      body.push(line);
      continue;
    }
    const [, name, value] = field as unknown as [string, string, string];
    if (name === "X" && inBody) break;
    if (name === "K") {
      const read = readKey(value) ?? fail(`the key "${value.trim()}" is not known; write K:D, K:Em or K:Ador`);
      if (inBody && JSON.stringify(read) !== JSON.stringify(key))
        fail("the key changes within the tune; give the part in one key");
      key = read;
      inBody = true;
    } else if (name === "M") {
      const read = readMetre(value) ?? fail(`the metre "${value.trim()}" is not known; write M:4/4 or M:6/8`);
      if (inBody && metre !== undefined && (read.beats !== metre.beats || read.unit !== metre.unit))
        fail("the metre changes within the tune; give the part in one metre");
      metre = read;
    } else if (name === "L") unit = readLength(value) ?? fail(`the unit length "${value.trim()}" is not known; write L:1/8`);
    else if (name === "V" && body.length > 0) fail("it has several voices; give one melody");
    else if (!fields.has(name)) fields.set(name, value.trim());
  }
  const theKey: Key = key ?? { tonic: { letter: 0, alter: 0 }, mode: "major" };
  const theMetre = metre ?? { beats: 4, unit: 4 };
  const length = unit ?? (theMetre.beats / theMetre.unit < 0.75 ? wholeTicks / 16 : wholeTicks / 8);
  const bars = readBody(body.map((l) => (l.endsWith("\\") ? l.slice(0, -1) : l)).join("\n"), theKey, theMetre, length);
  const tempo = readTempo(fields.get("Q"), theMetre);
  return {
    ...(fields.get("T") && { title: fields.get("T")! }),
    ...(fields.get("R") && { rhythm: fields.get("R")!.toLowerCase() }),
    ...(tempo !== undefined && { tempo }),
    key: theKey,
    metre: theMetre,
    parts: partsOf(bars, theMetre),
  };
}

/** The key of a `K:` field, whose later words (clef, octave) do not matter here. */
export function readKey(value: string): Key | undefined {
  const [first = "", second = ""] = value.trim().split(/\s+/);
  return parseKey(`${first} ${second}`) ?? parseKey(first);
}
export function readMetre(value: string): Metre | undefined {
  const text = value.trim();
  if (/^C\|/.test(text)) return { beats: 2, unit: 2 };
  if (/^C\b/.test(text)) return { beats: 4, unit: 4 };
  const [, beats, unit] = /^(\d+)\s*\/\s*(\d+)/.exec(text) ?? [];
  const metre = { beats: Number(beats), unit: Number(unit) };
  return metre.beats >= 1 && metre.beats <= 24 && [1, 2, 4, 8, 16].includes(metre.unit) ? metre : undefined;
}
function readLength(value: string): number | undefined {
  const [, a, b = "1"] = /^\s*(\d+)(?:\s*\/\s*(\d+))?/.exec(value) ?? [];
  const ticks = (wholeTicks * Number(a)) / Number(b);
  return Number.isInteger(ticks) && ticks > 0 ? ticks : undefined;
}
function readTempo(value: string | undefined, metre: Metre): number | undefined {
  const [, a, b, per] = /(\d+)\s*\/\s*(\d+)\s*=\s*(\d+)/.exec(value ?? "") ?? [];
  if (per !== undefined) return Math.round((Number(per) * wholeTicks * Number(a)) / Number(b) / beatTicks(metre));
  const alone = /^\s*(\d+)\s*$/.exec(value ?? "")?.[1];
  return alone === undefined ? undefined : Number(alone);
}

/** q of a tuplet `(p`, where it is not written. */
const tupletTime = (p: number, metre: Metre): number => {
  const known: Readonly<Record<number, number>> = { 2: 3, 3: 2, 4: 3, 6: 2, 8: 3 };
  return known[p] ?? (metre.unit >= 8 && metre.beats % 3 === 0 ? 3 : 2);
};
const accidentals: Readonly<Record<string, number>> = { "^": 1, "^^": 2, _: -1, __: -2, "=": 0 };

function readBody(text: string, key: Key, metre: Metre, unit: number): RawBar[] {
  const bars: RawBar[] = [];
  let sounds: Sound[] = [];
  let begins = "";
  let ending = 0;
  let altered = new Map<number, number>();
  let tuplet = { left: 0, times: 1 };
  let broken = 1; // what a `<` or `>` before leaves for the next note
  let tied: Pitch | undefined;
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) at += found[0].length;
    return found;
  };
  const pitch = (accidental: string | undefined, letter: string, marks: string): Pitch => {
    const low = letter === letter.toUpperCase();
    const octave = (low ? 4 : 5) + marks.split("'").length - marks.split(",").length;
    const step = 7 * octave + "CDEFGAB".indexOf(letter.toUpperCase());
    if (accidental) altered.set(step, accidentals[accidental]!);
    return { step, alter: altered.get(step) ?? signatureAlter(key, mod(step, 7)) };
  };
  const add = (what: Pitch | undefined, times: number): void => {
    let ticks = unit * times * broken;
    broken = 1;
    if (tuplet.left > 0) {
      ticks *= tuplet.times;
      tuplet.left--;
    }
    const dots = take(/[<>]+/y)?.[0] ?? take(/[ \t]*([<>]+)(?=[ \t]*[\^_=({[A-Ga-gz"!.~u-v])/y)?.[1];
    if (dots !== undefined) {
      const less = 0.5 ** dots.length;
      ticks *= dots[0] === ">" ? 2 - less : less;
      broken = dots[0] === ">" ? less : 2 - less;
    }
    if (Math.abs(ticks - Math.round(ticks)) > 1e-6 || ticks < 1)
      fail(`a note of ${ticks}/${wholeTicks} of a whole note is too fine`);
    const held = what !== undefined && tied !== undefined && what.step === tied.step && what.alter === tied.alter;
    sounds.push({ ...(what && { pitch: what }), ticks: Math.round(ticks), ...(held && { held }) });
    tied = take(/-/y) === null ? undefined : what;
  };
  const close = (line: string): void => {
    if (sounds.length > 0 || bars.length === 0) bars.push({ sounds, begins, ends: line, ending });
    else bars[bars.length - 1] = { ...bars.at(-1)!, ends: bars.at(-1)!.ends + line };
    sounds = [];
    altered = new Map();
    begins = line;
    if (/:|\|\||\]|\[\|/.test(line) && !line.startsWith(":|")) ending = 0;
  };
  while (at < text.length) {
    let found: RegExpExecArray | null;
    if (take(/[\s`)*.~$\\;\]]+/y)) continue;
    if (take(/"[^"]*"|![^!\n]*!|\+[^+\n]*\+|\{[^}]*\}|[H-VXYh-wy]/y)) continue;
    if ((found = take(/\[([A-Za-z]):([^\]]*)\]/y))) {
      const value = found[2]!;
      if (found[1] === "K" && JSON.stringify(readKey(value)) !== JSON.stringify(key))
        fail("the key changes within the tune; give the part in one key");
      if (found[1] === "M" && JSON.stringify(readMetre(value)) !== JSON.stringify(metre))
        fail("the metre changes within the tune; give the part in one metre");
      if (found[1] === "L") unit = readLength(value) ?? fail(`the unit length "${value}" is not known`);
      if (found[1] === "V") fail("it has several voices; give one melody");
    } else if (
      (found = take(/(?::*\|+[\]:|]*|\[\||::+|:+(?=\s*$))(?:\s*\[?([1-9])(?=[^\d/]))?/y)) ||
      (found = take(/\[([1-9])/y))
    ) {
      close(found[0]!);
      if (found[1] !== undefined) ending = Number(found[1]);
      else if (/^:+\|/.test(found[0]!)) ending = 0;
    } else if ((found = take(/\((\d)(?::(\d*)(?::(\d*))?)?/y))) {
      const p = Number(found[1]);
      tuplet = { left: Number(found[3] || p), times: (Number(found[2]) || tupletTime(p, metre)) / p };
    } else if (take(/\(/y)) continue;
    else if ((found = take(/(\^{1,2}|_{1,2}|=)?([A-Ga-g])([,']*)(\d*)(\/*)(\d*)/y)))
      add(pitch(found[1], found[2]!, found[3]!), times(found[4]!, found[5]!, found[6]!));
    else if ((found = take(/[zx](\d*)(\/*)(\d*)/y))) add(undefined, times(found[1]!, found[2]!, found[3]!));
    else if ((found = take(/Z(\d*)/y)))
      for (let i = 0; i < Number(found[1] || 1); i++) sounds.push({ ticks: (wholeTicks * metre.beats) / metre.unit });
    else if ((found = take(/\[([^\]|]*)\](\d*)(\/*)(\d*)/y))) {
      const notes = [...found[1]!.matchAll(/(\^{1,2}|_{1,2}|=)?([A-Ga-g])([,']*)(\d*)(\/*)(\d*)/g)];
      if (notes.length === 0) fail(`the chord [${found[1]}] has no notes`);
      const top = notes.map((n) => pitch(n[1], n[2]!, n[3]!)).sort((a, b) => midiOf(b) - midiOf(a))[0]!;
      const [first] = notes as [RegExpExecArray];
      add(top, times(found[2]!, found[3]!, found[4]!) * times(first[4]!, first[5]!, first[6]!));
    } else fail(`"${text.slice(at, at + 12).trim()}" is not understood`);
  }
  if (sounds.length > 0) close("|]");
  if (bars.every((bar) => bar.sounds.every((s) => s.pitch === undefined))) fail("it has no notes");
  if (bars.some(({ sounds }) => sounds.some(({ pitch }) => pitch && (octaveOf(pitch) < 0 || octaveOf(pitch) > 9))))
    fail("a note is out of range");
  return bars;
}

/** `3`, `/`, `//`, `3/2` as a factor of the unit length. */
function times(over: string, slashes: string, under: string): number {
  const by = slashes === "" ? 1 : under === "" ? 2 ** slashes.length : Number(under);
  return (over === "" ? 1 : Number(over)) / by;
}
