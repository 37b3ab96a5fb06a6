import { InksealError } from "@inkseal/core";
import type { SeededRandom, Sequence } from "@inkseal/lab";
import type { TokenDraw } from "../creator.ts";
import type { States, VerseAutomaton } from "./automaton.ts";
import { type Chance, type Drawing, draw } from "./draw.ts";
import type { Form } from "./forms/form.ts";
import type { Piece } from "./piece.ts";

/** One way on. */
export interface Candidate {
  /** Which of those that are tried at once. */
  readonly way: number;
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

/** What a rhyme loses that has rhymed before, and what a character of the subject gains, nats. */
const sameRhyme = 6;
const leaning = 2;

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

export interface Taken {
  readonly token: number;
  /** Whether there was more than one character to take. */
  readonly free: boolean;
}

/** Candidates whose characters others may draw; those beyond are left to chance: each way more makes the mark of all the others weaker. */
export const markedWays = 6;

export interface Choosing {
  readonly drawing: Drawing;
  readonly not?: ReadonlySet<number> | undefined;
  /** Draws in place of the candidate's own chance. */
  readonly drawn?: TokenDraw | undefined;
}

/** Takes a character at `place`, if it can be none of the tokens in `not`. */
export function choose(
  piece: Piece,
  automaton: VerseAutomaton,
  candidate: Candidate,
  place: number,
  { drawing, not, drawn }: Choosing,
): Taken {
  const { lexicon, answer } = piece;
  const { masks, characters } = automaton.allowed(place, candidate.states);
  const take = (character: string, token: number, free: boolean): Taken => {
    candidate.states = automaton.step(place, candidate.states, character);
    if (candidate.states.length === 0)
      throw new InksealError("internal", `the automaton of ${piece.form.name} came to an end at place ${place}`);
    candidate.characters.push(character);
    return { token, free };
  };
  const echo = answer?.echo[place] ?? (piece.fixed.has(place) ? undefined : piece.form.echoes?.get(place));
  if (echo !== undefined) return take(candidate.characters[echo]!, lexicon.token(candidate.characters[echo]!), false);
  if (masks.length === 0 && characters.size === 1) {
    const [only] = characters;
    return take(only!, lexicon.token(only!), false);
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
  const others = not === undefined ? tokens : tokens.filter((token) => !not.has(token));
  const again = not !== undefined && not.size > 0; // numbers that chose once are no chance any more
  const marked = drawn && candidate.way < markedWays && !again ? at(drawn, place, candidate.way) : undefined;
  const { token, logProbability } = draw(plain, logits, others.length > 0 ? others : tokens, drawing, candidate.random, marked);
  if (again) drawn?.([1], [token], candidate.random, { position: place, way: candidate.way });
  const character = byToken.get(token) ?? lexicon.character(token);
  candidate.score += logProbability + (piece.about.has(character) && !used.has(character) ? leaning : 0);
  candidate.chosen++;
  return take(character, token, others.length > 1);
}

const at =
  (drawn: TokenDraw, position: number, way: number): Chance =>
  (probabilities, tokens, random) =>
    drawn(probabilities, tokens, random, { position, way });
