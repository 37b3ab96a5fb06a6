/** What kinds of tunes are usually like, where nobody says otherwise. */
import type { MelodyControls } from "./controls.ts";
import type { Genre } from "./tune/vocabulary.ts";

type AnyGenre = NonNullable<MelodyControls["genre"]>;
export interface Habit {
  /** As the model learnt it; dances that the tunebooks hardly have are plain tunes in their metre. */
  readonly learnt: Genre;
  readonly metre: string;
  /** Ticks (192 to a whole note) in a minute. */
  readonly pace: number;
  readonly names: { readonly en: string; readonly zh: string };
}
export const habits: Readonly<Record<AnyGenre, Habit>> = {
  tune: { learnt: "tune", metre: "4/4", pace: 48 * 116, names: { en: "Tune", zh: "曲调" } },
  reel: { learnt: "reel", metre: "4/4", pace: 48 * 200, names: { en: "Reel", zh: "里尔舞曲" } },
  jig: { learnt: "jig", metre: "6/8", pace: 72 * 112, names: { en: "Jig", zh: "吉格舞曲" } },
  "slip jig": { learnt: "slip jig", metre: "9/8", pace: 72 * 108, names: { en: "Slip jig", zh: "滑步吉格" } },
  hornpipe: { learnt: "hornpipe", metre: "4/4", pace: 48 * 160, names: { en: "Hornpipe", zh: "角笛舞曲" } },
  strathspey: { learnt: "strathspey", metre: "4/4", pace: 48 * 126, names: { en: "Strathspey", zh: "斯特拉斯佩舞曲" } },
  march: { learnt: "march", metre: "2/4", pace: 48 * 104, names: { en: "March", zh: "进行曲" } },
  air: { learnt: "air", metre: "3/4", pace: 48 * 84, names: { en: "Air", zh: "抒情曲" } },
  waltz: { learnt: "tune", metre: "3/4", pace: 48 * 144, names: { en: "Waltz", zh: "圆舞曲" } },
  minuet: { learnt: "tune", metre: "3/4", pace: 48 * 120, names: { en: "Minuet", zh: "小步舞曲" } },
  polka: { learnt: "tune", metre: "2/4", pace: 48 * 120, names: { en: "Polka", zh: "波尔卡" } },
};

type Mood = NonNullable<MelodyControls["mood"]>;
/** What a mood asks for where nothing else does: soft wishes, but for the mode. */
export const moods: Readonly<
  Record<
    Mood,
    {
      readonly mode?: "major" | "minor" | "dorian";
      readonly genre?: AnyGenre;
      readonly density?: "calm" | "even" | "busy";
      readonly pace: number;
    }
  >
> = {
  happy: { mode: "major", density: "even", pace: 1.1 },
  sad: { mode: "minor", genre: "air", density: "calm", pace: 0.8 },
  calm: { mode: "major", genre: "air", density: "calm", pace: 0.85 },
  lively: { density: "busy", pace: 1.15 },
  solemn: { genre: "air", density: "calm", pace: 0.75 },
  tender: { mode: "major", genre: "air", density: "calm", pace: 0.9 },
  heroic: { mode: "major", genre: "march", density: "even", pace: 1.05 },
  mysterious: { mode: "dorian", density: "even", pace: 0.85 },
};

/** Keys that the tunebooks' instruments lie well in. */
export const usualKeys = {
  major: ["D", "G", "A", "C"],
  minor: ["Em", "Am", "Dm", "Bm"],
  dorian: ["Edor", "Ador", "Ddor"],
  mixolydian: ["Amix", "Dmix", "Gmix"],
} as const;
