/** The data of the Lab's claims: Shakespeare's characters, Bach's chorales, and drawn digits. The first two lie in ../shared/data. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../../../shared/data/", import.meta.url));

/** Whether the shared data are on this machine; without them only {@link digits} works. */
export const hasSharedData = (): boolean => existsSync(folder);

async function shared(path: string): Promise<string> {
  return await readFile(`${folder}${path}`, "utf8").catch((cause: unknown) => {
    throw new Error(`${path} is not in ../shared/data: the claim that needs it cannot be measured here`, { cause });
  });
}

export interface Characters {
  readonly text: string;
  /** Every character of the text, in code order; a token is a place in it. 65 for tiny Shakespeare. */
  readonly alphabet: readonly string[];
  /** Tokens; the first 90 % of the text, 1,003,854. */
  readonly train: Uint16Array;
  /** The last 10 %, 111,540. */
  readonly validation: Uint16Array;
}

/** Tiny Shakespeare, split and encoded as nanoGPT's `data/shakespeare_char/prepare.py` does. */
export async function shakespeare(): Promise<Characters> {
  const text = await shared("text/tinyshakespeare.txt");
  const alphabet = [...new Set(text)].sort();
  const token = new Map(alphabet.map((character, i) => [character, i]));
  const tokens = Uint16Array.from(text, (character) => token.get(character)!);
  const cut = Math.floor(tokens.length * 0.9);
  return { text, alphabet, train: tokens.slice(0, cut), validation: tokens.slice(cut) };
}

/** Keys of a piano; key 0 is MIDI note 21, A0. */
export const pianoKeys = 88;

/** One piece: `roll` is [steps, 88], 1 where a key sounds in that quarter note. */
export interface Chorale {
  readonly steps: number;
  readonly roll: Uint8Array;
}
export interface Chorales {
  readonly train: readonly Chorale[];
  readonly validation: readonly Chorale[];
  readonly test: readonly Chorale[];
}

/**
 * Bach's chorales in quarter notes with the split of Boulanger-Lewandowski et al. 2012: 229, 76 and 77 pieces. What is published on them
 * (Bai et al. 2018, table 1: GRU 8.43, LSTM 8.45, TCN 8.10) is, over every step but each piece's first, the mean of the negative
 * log-likelihood of the next step in nats, summed over 88 Bernoulli variables.
 */
export async function chorales(): Promise<Chorales> {
  type Split = readonly (readonly (readonly number[])[])[];
  const read = JSON.parse(await shared("music/jsb-chorales-quarter.json")) as { train: Split; valid: Split; test: Split };
  const rolls = (split: Split): Chorale[] =>
    split.map((piece) => {
      const roll = new Uint8Array(piece.length * pianoKeys);
      for (const [step, notes] of piece.entries()) for (const note of notes) roll[step * pianoKeys + note - 21] = 1;
      return { steps: piece.length, roll };
    });
  return { train: rolls(read.train), validation: rolls(read.valid), test: rolls(read.test) };
}

/** Adult (Becker & Kohavi 1996): 32,561 rows to train on and 16,281 to test, CSV without a header; the last of 15 columns is the income. */
export async function adult(): Promise<{ readonly train: string; readonly test: string }> {
  // the test file begins with a remark and ends its lines in a point
  const test = (await shared("tables/adult-test.csv")).replace(/^\|.*\n/, "").replace(/\.$/gm, "");
  return { train: await shared("tables/adult-train.csv"), test };
}
