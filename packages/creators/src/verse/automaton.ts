import type { Form, FormLine, ToneWish } from "./forms/form.ts";
import type { Lexicon, Sound } from "./lexicon.ts";

/** What must be met beside the form. Places count the characters of the whole poem. */
export interface Wishes {
  /** The rhyme of each class, an index into the lexicon's rhymes. */
  readonly rhymes: readonly number[];
  /** Characters that stand fast: the heads of an acrostic, lines that were given. */
  readonly fixed?: ReadonlyMap<number, string>;
  /** Words that must occur, each inside one line. */
  readonly words?: readonly string[];
  /** For each word the last line that it may be in; by default the poem's last. */
  readonly deadlines?: readonly number[];
}

/**
 * A place in the form: which metre, which way of its line, which words are still to come, and how far one is written. There may be several at
 * once, since a character can be read in more than one way.
 */
interface State {
  readonly metre: number;
  readonly way: number;
  /** Bits of the words that have not occurred. */
  readonly missing: number;
  /** The word that is being written and how much of it, or -1. */
  readonly word: number;
  readonly written: number;
}
export type States = readonly State[];

/** What may stand next: any character of the masks, or one of `characters`. */
export interface Allowed {
  readonly masks: readonly Uint8Array[];
  readonly characters: ReadonlySet<string>;
}

/**
 * The automaton of a form with its wishes. It knows from every state whether the end can be reached (`#live`, by looking ahead once), and
 * leads into no other: whoever takes an allowed character at every place ends with a poem that obeys.
 */
export class VerseAutomaton {
  /** Places in all. */
  readonly length: number;
  readonly #form: Form;
  readonly #lexicon: Lexicon;
  readonly #wishes: Wishes;
  readonly #words: readonly (readonly string[])[];
  readonly #lineOf: readonly number[];
  readonly #columnOf: readonly number[];
  readonly #lineLengths: readonly number[];
  readonly #known = new Map<string, boolean>();

  constructor(form: Form, lexicon: Lexicon, wishes: Wishes) {
    this.#form = form;
    this.#lexicon = lexicon;
    this.#wishes = wishes;
    this.#words = (wishes.words ?? []).map((word) => [...word]);
    this.#lineLengths = form.metres[0].lines.map(({ tones }) => tones[0]!.length);
    this.#lineOf = this.#lineLengths.flatMap((length, line) => Array<number>(length).fill(line));
    this.#columnOf = this.#lineLengths.flatMap((length) => Array.from({ length }, (_, column) => column));
    this.length = this.#lineOf.length;
  }

  /** The states before the first character: none when no poem can meet all the wishes. */
  start(): States {
    const missing = (1 << this.#words.length) - 1;
    return this.#form.metres.flatMap((metre, m) =>
      metre.lines[0]!.tones.map((_, way): State => ({ metre: m, way, missing, word: -1, written: 0 })).filter((state) =>
        this.#live(0, state),
      ),
    );
  }

  allowed(place: number, states: States): Allowed {
    const masks = new Set<Uint8Array>();
    const characters = new Set<string>();
    for (const state of states)
      for (const edge of this.#edges(place, state)) {
        if (!this.#live(place + 1, edge.to)) continue;
        if (typeof edge.takes === "string") characters.add(edge.takes);
        else masks.add(this.#lexicon.mask(edge.takes));
      }
    return { masks: [...masks], characters };
  }

  /** The states after `character` at `place`: none when it was not allowed. */
  step(place: number, states: States, character: string): States {
    const next = new Map<string, State>();
    for (const state of states)
      for (const { takes, to } of this.#edges(place, state)) {
        const taken = typeof takes === "string" ? takes === character : this.#lexicon.fits(character, takes);
        if (taken && this.#live(place + 1, to)) next.set(key(0, to), to);
      }
    return [...next.values()];
  }

  /** The lines that are left of the metres which are still possible, for those who wonder why. */
  metres(states: States): string[] {
    return [...new Set(states.map(({ metre }) => this.#form.metres[metre]!.name))];
  }

  *#edges(place: number, state: State): Generator<{ takes: string | Sound; to: State }> {
    const line = this.#lineOf[place]!;
    const column = this.#columnOf[place]!;
    const sound = this.#sound(this.#form.metres[state.metre]!.lines[line]!, state.way, column);
    const fixed = this.#wishes.fixed?.get(place);
    const accepts = (c: string): boolean => (fixed === undefined || fixed === c) && this.#lexicon.fits(c, sound);

    const write = function* (this: VerseAutomaton, word: number, written: number): Generator<{ takes: string; to: State }> {
      const characters = this.#words[word]!;
      const c = characters[written]!;
      if (!accepts(c)) return;
      const done = written + 1 === characters.length;
      const missing = done ? state.missing & ~(1 << word) : state.missing;
      for (const to of this.#onwards(place, { ...state, missing, word: done ? -1 : word, written: done ? 0 : written + 1 }))
        yield { takes: c, to };
    }.bind(this);

    // what stands at an echo is known when its place comes: no word can begin or go on there
    const echo = fixed === undefined && this.#form.echoes?.has(place) === true;
    if (echo && state.word >= 0) return;
    if (state.word >= 0) {
      yield* write(state.word, state.written);
      return;
    }
    for (let word = 0; !echo && word < this.#words.length; word++)
      if ((state.missing & (1 << word)) !== 0 && column + this.#words[word]!.length <= this.#lineLengths[line]!)
        yield* write(word, 0);
    if (fixed !== undefined) {
      if (accepts(fixed)) for (const to of this.#onwards(place, state)) yield { takes: fixed, to };
    } else if (this.#lexicon.count(sound) > 0) for (const to of this.#onwards(place, state)) yield { takes: sound, to };
  }

  /** A state after its place is filled: at the end of a line it parts into the ways of the next, unless a word is late. */
  #onwards(place: number, state: State): State[] {
    const line = this.#lineOf[place]!;
    if (this.#lineOf[place + 1] === line) return [state];
    const late = this.#words.some(
      (_, word) =>
        (state.missing & (1 << word)) !== 0 && line >= (this.#wishes.deadlines?.[word] ?? this.#lineLengths.length - 1),
    );
    if (late) return [];
    const next = this.#form.metres[state.metre]!.lines[line + 1];
    return next === undefined ? [state] : next.tones.map((_, way) => ({ ...state, way }));
  }

  #sound(line: FormLine, way: number, column: number): Sound {
    const tones = line.tones[way]!;
    const rhyme = column === tones.length - 1 && line.rhyme !== undefined ? this.#wishes.rhymes[line.rhyme] : undefined;
    return { tone: tones[column] as ToneWish, rhyme };
  }

  /** Whether the poem can be brought to its end from here. */
  #live(place: number, state: State): boolean {
    if (place === this.length) return state.missing === 0 && state.word < 0;
    const name = key(place, state);
    let live = this.#known.get(name);
    if (live === undefined) {
      live = false;
      for (const { to } of this.#edges(place, state))
        if (this.#live(place + 1, to)) {
          live = true;
          break;
        }
      this.#known.set(name, live);
    }
    return live;
  }
}

const key = (place: number, { metre, way, missing, word, written }: State): string =>
  `${place}.${metre}.${way}.${missing}.${word}.${written}`;
