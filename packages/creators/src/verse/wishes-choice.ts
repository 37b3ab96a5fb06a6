import { InksealError } from "@inkseal/core";
import type { SeededRandom } from "@inkseal/lab";
import { VerseAutomaton, type Wishes } from "./automaton.ts";
import { lengthsOf } from "./forms/form.ts";
import type { Piece } from "./piece.ts";
import { chooseRhymes } from "./rhyme-choice.ts";
import { bodyToken, partToken, rhymeToken } from "./tokens.ts";

/** The rhymes that the model finds likeliest of those that can be, and the lines by which each word has to be said. */
export function chooseWishes(piece: Piece, logits: Float32Array, random: SeededRandom): Wishes {
  const lines = lengthsOf(piece.form).length;
  const { fixed, words } = piece;
  const shift = random();
  const deadlines = words.map((_, i) => Math.min(lines - 1, Math.floor(((i + shift) * lines) / words.length)));
  for (const wanted of words.length > 0
    ? [
        { fixed, words, deadlines },
        { fixed, words },
      ]
    : [{ fixed, words }]) {
    const rhymes = chooseRhymes(
      piece,
      logits,
      random,
      (rhymes) => new VerseAutomaton(piece.form, piece.lexicon, { ...wanted, rhymes }).start().length > 0,
    );
    if (rhymes !== undefined) return { ...wanted, rhymes };
  }
  throw new InksealError(
    "bad-request",
    `these wishes exclude one another: no ${piece.form.name} in ${piece.rhyme === undefined ? "any rhyme" : "this rhyme"} has the characters asked for where its tones allow them`,
    { param: "controls.own" },
  );
}

/** What begins the body for the model: the rhyme, where it was taught that rhyme. */
export function startToken({ lexicon, form }: Piece, { rhymes }: Wishes): string {
  const [first] = rhymes;
  if (first === undefined) return bodyToken;
  const name = lexicon.rhymes[first]!.name;
  if (name.startsWith("第"))
    return form.metres[0].lines.every((line) => (line.rhyme ?? 0) === 0) ? partToken(first) : bodyToken;
  return lexicon.rhymes.length > 30 ? rhymeToken(first) : bodyToken;
}
