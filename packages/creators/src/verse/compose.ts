import { InksealError } from "@inkseal/core";
import { type Decoder, type SeededRandom, type Sequence, seededRandom } from "@inkseal/lab";
import { type States, VerseAutomaton, type Wishes } from "./automaton.ts";
import { type Drawing, draw } from "./draw.ts";
import { type Form, lengthsOf, marksOf } from "./forms/form.ts";
import type { Piece } from "./piece.ts";
import { chooseRhymes } from "./rhyme-choice.ts";
import { bodyToken, partToken, rhymeToken } from "./tokens.ts";

export interface ComposeOptions extends Drawing {
  readonly seed: number;
  /** Ways of each sentence that are tried at once; the likeliest is kept. */
  readonly candidates: number;
  /** Whether a line stands in the training set. */
  readonly copied?: ((line: string) => boolean) | undefined;
}

/** One way on. */
interface Candidate {
  readonly sequence: Sequence;
  readonly random: SeededRandom;
  states: States;
  logits: Float32Array;
  characters: string[];
  /** Of the sentence under way: sum of log-probabilities, characters that the model chose, and lines that are not its own. */
  score: number;
  chosen: number;
  copies: number;
}

/** What a line costs that was taken from the training set, in nats a character. */
const copyCost = 1.5;
/** What a rhyme loses that has rhymed before, and what a character of the subject gains, nats. */
const sameRhyme = 6;
const leaning = 1.5;

const rhymePlacesOf = new WeakMap<Form, ReadonlySet<number>>();
/** The places that rhyme in some metre of the form. */
function rhymePlaces(form: Form): ReadonlySet<number> {
  let places = rhymePlacesOf.get(form);
  if (places === undefined) {
    const found = new Set<number>();
    for (const { lines } of form.metres)
      lines.reduce((end, { tones, rhyme }) => {
        if (rhyme !== undefined) found.add(end + tones[0]!.length - 1);
        return end + tones[0]!.length;
      }, 0);
    rhymePlacesOf.set(form, (places = found));
  }
  return places;
}

/**
 * Makes the poem and hands out its lines (each with its mark), a sentence at a time. At every place each candidate takes a character that
 * the automaton allows, so that the wishes are met whatever the model thinks. Throws `bad-request` when they exclude one another.
 */
export function* compose(decoder: Decoder, piece: Piece, options: ComposeOptions): Generator<string[]> {
  const { lexicon, form } = piece;
  const random = seededRandom(options.seed);
  const sequences = new Set<Sequence>();
  const opened = (sequence: Sequence): Sequence => {
    sequences.add(sequence);
    return sequence;
  };
  try {
    const first = opened(decoder.open());
    const read = (text: string): number[] => Array.from(text, (c) => lexicon.token(c));
    const [logits] = decoder.feed([{ sequence: first, tokens: read(piece.head) }])[0]!;
    const wishes = chooseWishes(piece, logits!, random);
    const automaton = new VerseAutomaton(form, lexicon, wishes);
    const [begin] = decoder.feed([{ sequence: first, tokens: read(startToken(piece, wishes) + piece.lead) }])[0]!;
    let best: Candidate = {
      sequence: first,
      random,
      states: automaton.start(),
      logits: begin!,
      characters: [],
      score: 0,
      chosen: 0,
      copies: 0,
    };
    let candidates: Candidate[] = [best];
    const lengths = lengthsOf(form);
    const marks = marksOf(form);
    let place = 0;
    let sentence: number[] = []; // lines under way
    for (const [line, length] of lengths.entries()) {
      if (sentence.length === 0 && line > 0) candidates = [best];
      if (candidates.length === 1) {
        for (let i = 1; i < options.candidates; i++)
          candidates.push({
            ...candidates[0]!,
            sequence: opened(candidates[0]!.sequence.fork()),
            random: seededRandom(random.below(2 ** 31)),
            characters: [...candidates[0]!.characters],
          });
      }
      sentence.push(line);
      const start = place;
      for (let column = 0; column < length; column++, place++) {
        const mark = column === length - 1 ? [lexicon.token(marks[line]!)] : [];
        const work = candidates.map((candidate) => {
          const token = choose(piece, automaton, candidate, place, options);
          return { sequence: candidate.sequence, tokens: [token, ...mark] };
        });
        if (place === automaton.length - 1) break;
        decoder.feed(work).forEach(([next], i) => {
          candidates[i]!.logits = next!;
        });
      }
      for (const candidate of candidates)
        if (options.copied?.(candidate.characters.slice(start, start + length).join("")) === true) candidate.copies += length;
      if (marks[line] !== "。" && line < lengths.length - 1) continue;
      best = candidates.reduce((a, b) => (value(b) > value(a) ? b : a));
      for (const { sequence } of candidates)
        if (sequence !== best.sequence) {
          sequence.close();
          sequences.delete(sequence);
        }
      yield linesOf(best.characters, lengths, marks, sentence);
      sentence = [];
      Object.assign(best, { score: 0, chosen: 0, copies: 0 });
    }
  } finally {
    for (const sequence of sequences) sequence.close();
  }
}

const value = ({ score, chosen, copies }: Candidate): number => (score - copies * copyCost) / Math.max(1, chosen);

function linesOf(
  characters: readonly string[],
  lengths: readonly number[],
  marks: readonly string[],
  lines: readonly number[],
): string[] {
  return lines.map((line) => {
    const start = lengths.slice(0, line).reduce((a, b) => a + b, 0);
    return characters.slice(start, start + lengths[line]!).join("") + marks[line]!;
  });
}

/** Takes the character at `place`; answers its token. */
function choose(piece: Piece, automaton: VerseAutomaton, candidate: Candidate, place: number, options: ComposeOptions): number {
  const { lexicon, answer } = piece;
  const { masks, characters } = automaton.allowed(place, candidate.states);
  const take = (character: string, token: number): number => {
    candidate.states = automaton.step(place, candidate.states, character);
    if (candidate.states.length === 0)
      throw new InksealError("internal", `the automaton of ${piece.form.name} came to an end at place ${place}`);
    candidate.characters.push(character);
    return token;
  };
  const echo = answer?.echo[place] ?? (piece.fixed.has(place) ? undefined : piece.form.echoes?.get(place));
  if (echo !== undefined) return take(candidate.characters[echo]!, lexicon.token(candidate.characters[echo]!));
  if (masks.length === 0 && characters.size === 1) {
    const [only] = characters;
    return take(only!, lexicon.token(only!));
  }

  const plain = candidate.logits;
  const logits = Float32Array.from(plain);
  const used = new Set(candidate.characters);
  const before = candidate.characters.at(-1);
  const rhyming = rhymePlaces(piece.form).has(place);
  const ends = new Set([...rhymePlaces(piece.form)].filter((p) => p < place).map((p) => candidate.characters[p]!));
  const forbidden = answer === undefined ? undefined : new Set([...answer.avoid, ...candidate.characters]);
  const tokens: number[] = [];
  for (let token = 0; token < lexicon.vocab; token++) {
    if (!masks.some((mask) => mask[token] === 1)) continue;
    const character = lexicon.character(token);
    if (forbidden?.has(character) === true) continue;
    tokens.push(token);
    if (ends.has(character) && rhyming) logits[token]! -= sameRhyme;
    else if (used.has(character)) logits[token]! -= character === before ? 0 : piece.repetition;
    else if (piece.about.has(character)) logits[token]! += leaning;
  }
  // words that were asked for may have characters that the model does not know: they are as likely as the unknown
  const byToken = new Map<number, string>();
  for (const character of characters) {
    const token = lexicon.token(character);
    byToken.set(token, character);
    if (!tokens.includes(token)) tokens.push(token);
  }
  const { token, logProbability } = draw(plain, logits, tokens, options, candidate.random);
  candidate.score += logProbability;
  candidate.chosen++;
  return take(byToken.get(token) ?? lexicon.character(token), token);
}

/** The rhymes that the model finds likeliest of those that can be, and the lines by which each word has to be said. */
function chooseWishes(piece: Piece, logits: Float32Array, random: SeededRandom): Wishes {
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

function startToken({ lexicon, form }: Piece, { rhymes }: Wishes): string {
  const [first] = rhymes;
  if (first === undefined) return bodyToken;
  const name = lexicon.rhymes[first]!.name;
  if (name.startsWith("第"))
    return form.metres[0].lines.every((line) => (line.rhyme ?? 0) === 0) ? partToken(first) : bodyToken;
  return lexicon.rhymes.length > 30 ? rhymeToken(first) : bodyToken;
}
