import type { Form } from "./forms/form.ts";
import type { Lexicon } from "./lexicon.ts";

/** A poem to be made: its form, what must be met, and what the model reads before it. */
export interface Piece {
  readonly form: Form;
  readonly lexicon: Lexicon;
  /** All that the model reads before the rhyme. */
  readonly head: string;
  /** What it reads after the rhyme, before its own: the line that it answers. */
  readonly lead: string;
  /** Characters that stand fast, by place. */
  readonly fixed: ReadonlyMap<number, string>;
  readonly words: readonly string[];
  /** Characters of its subject, which are made likelier until they occur. */
  readonly about: ReadonlySet<string>;
  /** Rhymes that are wished for; the model chooses the others. */
  readonly rhyme?: number | undefined;
  /** Of a couplet. */
  readonly answer?: Answer | undefined;
  /** How much a character loses that has stood before, nats. */
  readonly repetition: number;
}

/** What else binds a couplet, none of whose characters comes again but where the line that it answers repeats. */
export interface Answer {
  /** Where the first line repeats a character, the earlier place, so that the answer repeats too. */
  readonly echo: readonly (number | undefined)[];
  /** Characters of the line that is answered, and of words that have their own place. */
  readonly avoid: ReadonlySet<string>;
}
