/** Brief → job: own controls first, then the brief's words, then habits. */
import { type Brief, InksealError, type InputFile, type Plan } from "@inkseal/core";
import { seededRandom } from "@inkseal/lab";
import { ownControls } from "../own-controls.ts";
import { wordsOf } from "../words-of.ts";
import { readAbc, readMetre } from "./abc/read.ts";
import { choraleWork, harmonyWork } from "./ask-chorale.ts";
import { tuneWork } from "./ask-tune.ts";
import { MelodyControls } from "./controls.ts";
import { melodyFormat } from "./formats.ts";
import { habits, moods, usualKeys } from "./habits.ts";
import { type Instrument, instrumentOf } from "./instruments.ts";
import type { MelodyJob } from "./job.ts";
import { chosenKey } from "./keys.ts";
import { readMelodyFile } from "./melody-file.ts";
import { type Key, keyName, tonicName } from "./score/key.ts";
import { beatTicks, type Metre, type Tune } from "./score/tune.ts";
import { wishesIn } from "./words.ts";

const able =
  "it makes melodies (reel, jig, slip jig, hornpipe, strathspey, march, air, waltz …) and chorales in four voices, continues ABC, and harmonises a melody";

/** Throws `cannot-do` for what is no music of this kind, and `bad-request` naming the control at fault. */
export function jobOf(plan: Plan, seed: number): MelodyJob {
  const { brief } = plan;
  const words = wordsOf(brief);
  const wishes = wishesIn(words);
  const given = ownControls(MelodyControls, plan);
  refuseOthers(brief, words, wishes.musical || Object.keys(given).length > 0);
  const own: MelodyControls = { ...wishes.controls, ...given };
  const file = brief.files[0] && readMelodyFile(brief.files[0] as InputFile);
  const harmonised = own.harmonise !== undefined ? readAbc(own.harmonise) : wantsHarmony(own, words) ? file : undefined;
  const continued = own.continue !== undefined ? readAbc(own.continue) : harmonised === undefined ? file : undefined;
  const random = seededRandom(seed);
  const chorale = harmonised !== undefined || own.form === "chorale";
  const genre =
    own.genre ??
    (own.mood && moods[own.mood].genre) ??
    (chorale ? "tune" : own.metre === undefined || own.metre === "4/4" ? "reel" : "tune");
  const metre = metreOf(own.metre ?? (chorale ? "4/4" : habits[genre].metre), (continued ?? harmonised)?.metre);
  const key = (continued ?? harmonised)?.key ?? chosenKey(own, usualKeys, random);
  const instrument = instrumentOf(own.instrument ?? (chorale ? 19 : genre === "march" ? 73 : 40));
  const tempo = tempoOf(own, {
    genre,
    metre,
    given: (continued ?? harmonised)?.tempo,
    chorale,
    speed: brief.controls.speed ?? 1,
  });
  const work =
    harmonised !== undefined
      ? harmonyWork(harmonised, own)
      : chorale
        ? choraleWork(own, key, metre)
        : tuneWork(own, { key, metre, genre, range: rangeOf(own, instrument), continued });
  const { controls } = brief;
  const talks = brief.task !== "music" && controls.format === undefined;
  return {
    work,
    title: own.title ?? titleOf(words, { own, genre, key, chorale, given: continued ?? harmonised }),
    credit: plan.model,
    tempo,
    program: instrument.program,
    instrument: instrument.name,
    output: talks ? "text" : melodyFormat(controls.format ?? "wav"),
    stream: brief.stream,
    choices: controls.n ?? 1,
    seed,
    temperature: controls.temperature ?? (chorale ? 0.85 : 0.9),
    topP: controls.topP ?? 0.95,
  };
}

/** Says no where music of another kind, or no music, is wanted. */
function refuseOthers({ task }: Brief, words: string, musical: boolean): void {
  const other =
    /\b(rock|pop|hip[- ]?hop|rap|techno|edm|house|jazz|metal|dubstep|trap|symphon\w*|orchestral?|film score|drum(s|beat)?|lo-?fi|sing(s|ing)?|vocals?|lyrics)\b|摇滚|流行歌|说唱|电子舞曲|爵士|交响|管弦乐|鼓点|演唱|歌词|人声演唱/i.exec(
      words,
    );
  if (other)
    throw new InksealError(
      "cannot-do",
      `inkseal-melody makes no ${other[0]}: ${able}. For other styles, drums or singing choose an engine that makes sound directly, such as a music model behind a provider`,
    );
  if (task !== "music" && !musical)
    throw new InksealError(
      "cannot-do",
      `inkseal-melody only answers with music in ABC: ${able}. For conversation or prose choose a chat model, local (llama) or of a provider`,
    );
}
const wantsHarmony = ({ form }: MelodyControls, words: string): boolean =>
  form === "chorale" || /harmoni[sz]|和声|四部|four[- ](part|voice)/i.test(words);

function metreOf(text: string, given: Metre | undefined): Metre {
  const metre = given ?? readMetre(text);
  if (metre === undefined)
    throw new InksealError("bad-request", `the metre "${text}" is not known; write 4/4 or 6/8`, {
      param: "controls.own.metre",
    });
  return metre;
}

interface Pace {
  readonly genre: keyof typeof habits;
  readonly metre: Metre;
  readonly given: number | undefined;
  readonly chorale: boolean;
  readonly speed: number;
}
function tempoOf(own: MelodyControls, { genre, metre, given, chorale, speed }: Pace): number {
  const pace = chorale ? 48 * 76 : habits[genre].pace;
  const mood = own.mood ? moods[own.mood].pace : 1;
  const beats = own.tempo ?? given ?? (pace * mood) / beatTicks(metre);
  return Math.max(20, Math.min(400, Math.round(beats * speed)));
}

function rangeOf({ range }: MelodyControls, instrument: Instrument): readonly [number, number] {
  if (range === undefined) {
    // where an instrument's and a fiddle tune's reach meet
    const [low, high] = instrument.range;
    return [low, Math.min(high, low + 31)];
  }
  const [low, high] = range.split(/[-–~]/).map((note) => {
    const [, letter, sign, octave] = /^\s*([A-Ga-g])([#b]?)(\d)\s*$/.exec(note)!;
    return (
      12 * (Number(octave) + 1) +
      [9, 11, 0, 2, 4, 5, 7]["ABCDEFG".indexOf(letter!.toUpperCase())]! +
      (sign === "#" ? 1 : sign === "b" ? -1 : 0)
    );
  }) as [number, number];
  if (high - low < 7)
    throw new InksealError("bad-request", `the range ${range} is too narrow: a tune needs a fifth at least`, {
      param: "controls.own.range",
    });
  return [low, high];
}

interface Titled {
  readonly own: MelodyControls;
  readonly genre: keyof typeof habits;
  readonly key: Key;
  readonly chorale: boolean;
  readonly given: Tune | undefined;
}
const zhModes: Readonly<Record<string, string>> = {
  major: "大调",
  minor: "小调",
  dorian: "多利亚调式",
  mixolydian: "混合利底亚调式",
};
function titleOf(words: string, { genre, key, chorale, given }: Titled): string {
  if (given?.title !== undefined) return given.title;
  if (!/\p{Script=Han}/u.test(words)) return `${chorale ? "Chorale" : habits[genre].names.en} in ${keyName(key)}`;
  const { alter } = key.tonic;
  const tonic = `${alter > 0 ? "升" : alter < 0 ? "降" : ""}${tonicName({ ...key.tonic, alter: 0 })}`;
  return `${tonic}${zhModes[key.mode] ?? key.mode}${chorale ? "众赞歌" : habits[genre].names.zh}`;
}
