import { type Decoder, type Sequence, seededRandom } from "@inkseal/lab";
import type { TokenDraw } from "../creator.ts";
import { VerseAutomaton } from "./automaton.ts";
import { type Candidate, choose } from "./character-choice.ts";
import { type Drawing, logSum } from "./draw.ts";
import { lengthsOf, marksOf } from "./forms/form.ts";
import type { Piece } from "./piece.ts";
import { chooseWishes, startToken } from "./wishes-choice.ts";

export interface ComposeOptions extends Drawing {
  readonly seed: number;
  /** Ways of each sentence that are tried at once; the likeliest is kept. */
  readonly candidates: number;
  /** Whether a line stands in the training set. */
  readonly copied?: ((line: string) => boolean) | undefined;
  /** Draws characters in place of chance. Positions are places of the poem, ways the candidates. */
  readonly drawn?: TokenDraw | undefined;
}

/** What a line costs that was taken from the training set, in nats a character. */
const copyCost = 1.5;
/** How likely the mark after a line has to be, in nats, and how often another end is looked for. */
const leastStop = Math.log(0.1);
const attempts = 4;

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
      way: 0,
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
      if (sentence.length === 0 && line > 0) candidates = [{ ...best, way: 0 }];
      if (candidates.length === 1) {
        for (let i = 1; i < options.candidates; i++)
          candidates.push({
            ...candidates[0]!,
            way: i,
            sequence: opened(candidates[0]!.sequence.fork()),
            random: seededRandom(random.below(2 ** 31)),
            characters: [...candidates[0]!.characters],
          });
      }
      sentence.push(line);
      const start = place;
      for (let column = 0; column < length - 1; column++, place++) {
        const work = candidates.map((candidate) => {
          const { token } = choose(piece, automaton, candidate, place, { drawing: options, drawn: options.drawn });
          return { sequence: candidate.sequence, tokens: [token] };
        });
        decoder.feed(work).forEach(([next], i) => {
          candidates[i]!.logits = next!;
        });
      }
      endLine(decoder, piece, automaton, candidates, place++, lexicon.token(marks[line]!), options);
      for (const candidate of candidates)
        if (options.copied?.(candidate.characters.slice(start, start + length).join("")) === true) candidate.copies += length;
      if (marks[line] !== "。" && line < lengths.length - 1) continue;
      best = candidates.reduce((a, b) => (value(b) > value(a) ? b : a));
      options.drawn?.keep(best.way);
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

/**
 * The last character of a line and the mark after it. A line may not stop in the midst of a word (春光不，), so that a character is taken
 * again after which the model would hardly stop, as long as there are others.
 */
function endLine(
  decoder: Decoder,
  piece: Piece,
  automaton: VerseAutomaton,
  candidates: readonly Candidate[],
  place: number,
  mark: number,
  drawing: Drawing & Pick<ComposeOptions, "drawn">,
): void {
  const before = candidates.map(({ states, score, chosen, logits, sequence: { length } }) => ({
    states,
    score,
    chosen,
    logits,
    length,
  }));
  const tried = candidates.map(() => new Set<number>());
  let open = candidates.map((_, i) => i);
  for (let attempt = 0; open.length > 0; attempt++) {
    const taken = open.map((i) =>
      choose(piece, automaton, candidates[i]!, place, { drawing, not: tried[i], drawn: drawing.drawn }),
    );
    const rows = decoder.feed(open.map((i, k) => ({ sequence: candidates[i]!.sequence, tokens: [taken[k]!.token] })));
    open = open.filter((i, k) => {
      const candidate = candidates[i]!;
      const [logits] = rows[k]!;
      const stops = logits![mark]! - logSum(logits!);
      if (stops >= leastStop || attempt === attempts || !taken[k]!.free) {
        candidate.score += stops;
        return false;
      }
      tried[i]!.add(taken[k]!.token);
      const { length, ...was } = before[i]!;
      Object.assign(candidate, was);
      candidate.characters.pop();
      candidate.sequence.truncate(length);
      return true;
    });
  }
  if (place === automaton.length - 1) return;
  decoder.feed(candidates.map(({ sequence }) => ({ sequence, tokens: [mark] }))).forEach(([next], i) => {
    candidates[i]!.logits = next!;
  });
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
