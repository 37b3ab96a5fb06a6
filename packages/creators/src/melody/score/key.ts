import { letters, mod, type Pitch } from "./pitch.ts";

export const modes = ["major", "minor", "dorian", "mixolydian", "phrygian", "lydian", "locrian"] as const;
export type Mode = (typeof modes)[number];

/** `tonic`: place of the letter in C D E F G A B, and semitones up from it. */
export interface Key {
  readonly tonic: { readonly letter: number; readonly alter: number };
  readonly mode: Mode;
}

/** Fifths up from C of each natural letter. */
const fifthsOfLetter = [0, 2, 4, -1, 1, 3, 5] as const;
/** Fifths by which a mode's signature differs from the major key's on the same tonic. */
const fifthsOfMode: Readonly<Record<Mode, number>> = {
  lydian: 1,
  major: 0,
  mixolydian: -1,
  dorian: -2,
  minor: -3,
  phrygian: -4,
  locrian: -5,
};
const sharpOrder = [3, 0, 4, 1, 5, 2, 6] as const;

/** Sharps (positive) or flats of the signature. */
export const fifthsOf = ({ tonic, mode }: Key): number => fifthsOfLetter[tonic.letter]! + 7 * tonic.alter + fifthsOfMode[mode];

/** What the signature does to a letter: -1, 0 or 1 (more in keys that nobody writes). */
export function signatureAlter(key: Key, letter: number): number {
  const fifths = fifthsOf(key);
  const place = sharpOrder.indexOf(letter as (typeof sharpOrder)[number]);
  return fifths > 0 ? Math.floor((fifths - 1 - place) / 7) + 1 : -(Math.floor((-fifths - 1 - (6 - place)) / 7) + 1);
}

/** Semitones of the tonic above C, 0 to 11. */
export const tonicSemitone = ({ tonic }: Key): number => mod([0, 2, 4, 5, 7, 9, 11][tonic.letter]! + tonic.alter, 12);

/** `D major`, `E dorian`, `Bb minor`. */
export const keyName = ({ tonic, mode }: Key): string => `${tonicName(tonic)} ${mode}`;
export const tonicName = ({ letter, alter }: Key["tonic"]): string =>
  `${letters[letter]}${alter < 0 ? "b".repeat(-alter) : "#".repeat(alter)}`;

/** Whether a pitch is one of the key's seven. */
export const inKey = (key: Key, { step, alter }: Pitch): boolean => alter === signatureAlter(key, mod(step, 7));

const modeWords: readonly (readonly [RegExp, Mode])[] = [
  [/^(m|mi|min|minor|aeo|aeolian|小调|moll)$/i, "minor"],
  [/^(|maj|major|ion|ionian|大调|dur)$/i, "major"],
  [/^(dor|dorian|多利亚)$/i, "dorian"],
  [/^(mix|mixolydian|混合利底亚)$/i, "mixolydian"],
  [/^(phr|phrygian|弗里几亚)$/i, "phrygian"],
  [/^(lyd|lydian|利底亚)$/i, "lydian"],
  [/^(loc|locrian|洛克里亚)$/i, "locrian"],
];

/** Reads `D`, `F#m`, `Ador`, `Bb major`, `e minor`, `降B大调`, `升f小调`; undefined for what is no key. */
export function parseKey(text: string): Key | undefined {
  const zh = /^(升|降)?\s*([A-Ga-g])\s*(大调|小调|多利亚|混合利底亚|弗里几亚|利底亚)?(?:调式?)?$/.exec(text.trim());
  const en = /^([A-Ga-g])\s*(#|♯|b|♭|-?sharp|-?flat)?\s*([A-Za-z]*)$/.exec(text.trim());
  const [letter, sign, word] = en ? [en[1]!, en[2], en[3]!] : zh ? [zh[2]!, zh[1], zh[3] ?? ""] : ["", undefined, ""];
  if (letter === "") return undefined;
  const found = modeWords.find(([words]) => words.test(word.replace(/[\s-]/g, "")));
  if (found === undefined) return undefined;
  const alter = sign === undefined ? 0 : /#|♯|sharp|升/.test(sign) ? 1 : -1;
  const key = { tonic: { letter: letters.indexOf(letter.toUpperCase() as "C"), alter }, mode: found[1] };
  return Math.abs(fifthsOf(key)) <= 7 ? key : undefined;
}
