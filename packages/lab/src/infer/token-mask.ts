import { InksealError } from "@inkseal/core";
import type { Automaton } from "./automaton.ts";
import { furthest } from "./completion.ts";
import { type Vocabulary, VocabularyTrie } from "./vocabulary-trie.ts";

/** Marks a token that is not allowed at all. */
export const forbidden = 0xffff;
/** Bytes of masks that are kept; the oldest go first. */
const mostBytes = 64 << 20;
/** States that an automaton which cannot tell its own distances may have, and trie entries that all of them may be walked over. */
const mostStates = 20_000;
const mostSteps = 20_000_000;

/** An automaton that can tell how many tokens suffice from a state to an accepting one (`Language` can, though it has no end of states). */
interface Measured<S> extends Automaton<S> {
  distances(vocabulary: VocabularyTrie): (state: S) => number;
}

/**
 * Which tokens an automaton allows in a state, worked out by walking the vocabulary's trie and kept by state (Willard & Louf 2023). A
 * token is allowed only when an accepting state can still be reached afterwards, so there are no dead ends.
 */
export class TokenMask<S> {
  readonly automaton: Automaton<S>;
  readonly vocabulary: Vocabulary;
  /** The tokens that end a text; their own text is not read. */
  readonly ends: readonly number[];
  readonly #trie: VocabularyTrie;
  readonly #utf8 = new TextEncoder();
  readonly #distance: (state: S) => number;
  readonly #needs = new Map<S, Uint16Array>();

  /**
   * Throws `bad-request` when an end is no token; `cannot-do` when the vocabulary can spell nothing that the automaton accepts, and when
   * an automaton without `distances` has over 20,000 states.
   */
  constructor(automaton: Automaton<S>, vocabulary: Vocabulary, end: number | readonly number[]) {
    this.automaton = automaton;
    this.vocabulary = vocabulary;
    this.ends = typeof end === "number" ? [end] : end;
    for (const token of this.ends)
      if (!Number.isInteger(token) || token < 0 || token >= vocabulary.length)
        throw new InksealError("bad-request", `end token ${token} is not in a vocabulary of ${vocabulary.length}`);
    this.#trie = VocabularyTrie.of(vocabulary, this.ends);
    this.#distance =
      "distances" in automaton ? (automaton as Measured<S>).distances(this.#trie) : explored(automaton, this.#trie);
    if (this.distance(automaton.start) === Number.POSITIVE_INFINITY)
      throw new InksealError("cannot-do", "the vocabulary's tokens spell no text that the constraint allows");
  }

  /** Tokens that suffice to come to an accepting state; ∞ for a dead end. */
  distance(state: S): number {
    const tokens = this.#distance(state);
    return tokens > furthest ? Number.POSITIVE_INFINITY : tokens;
  }

  /** For each token, it and the tokens that suffice after it; `forbidden` for none; 0 for an end that is allowed. */
  needs(state: S): Uint16Array {
    let needs = this.#needs.get(state);
    if (needs !== undefined) {
      this.#needs.delete(state); // back in at the young end
    } else {
      const fresh = new Uint16Array(this.vocabulary.length).fill(forbidden);
      this.#trie.walk<S>(
        state,
        (from, symbol) => this.automaton.next(from, symbol),
        (token, to) => {
          fresh[token] = Math.min(forbidden, 1 + this.distance(to));
        },
      );
      if (this.automaton.accepts(state)) for (const end of this.ends) fresh[end] = 0;
      needs = fresh;
      while (this.#needs.size > 0 && (this.#needs.size + 1) * needs.byteLength > mostBytes)
        this.#needs.delete(this.#needs.keys().next().value as S);
    }
    this.#needs.set(state, needs);
    return needs;
  }

  /** A bit for each token, lowest first: whether it is allowed with `left` tokens to go, it included (ends do not count). */
  allowed(state: S, left = Number.POSITIVE_INFINITY): Uint32Array {
    const bits = new Uint32Array(Math.ceil(this.vocabulary.length / 32));
    this.needs(state).forEach((needed, token) => {
      if (needed !== forbidden && needed <= left) bits[token >> 5]! |= 1 << (token & 31);
    });
    return bits;
  }

  /** The state after a token that is no end. */
  after(state: S, token: number): S | undefined {
    const word = this.vocabulary[token];
    const symbols = typeof word === "string" ? this.#utf8.encode(word) : word;
    if (symbols === undefined || symbols.length === 0) return undefined;
    let at: S | undefined = state;
    for (const symbol of symbols) if ((at = this.automaton.next(at, symbol)) === undefined) return undefined;
    return at;
  }
}

/** Distances of a finite automaton, by going over all states that tokens lead to. */
function explored<S>(automaton: Automaton<S>, trie: VocabularyTrie): (state: S) => number {
  const next = (state: S, symbol: number): S | undefined => automaton.next(state, symbol);
  const states = new Set([automaton.start]);
  for (const state of states) {
    trie.atoms.walk(state, next, (_, to) => states.add(to));
    if (states.size > mostStates)
      throw new InksealError("cannot-do", `the automaton has over ${mostStates} states; how far its end is cannot be told`);
  }
  const edges = states.size * trie.entries <= mostSteps ? trie : trie.atoms;
  const before = new Map<S, Set<S>>([...states].map((state) => [state, new Set()]));
  for (const state of states) edges.walk(state, next, (_, to) => before.get(to)?.add(state));
  const distances = new Map<S, number>();
  let front = [...states].filter((state) => automaton.accepts(state));
  for (let tokens = 0; front.length > 0; tokens++) {
    for (const state of front) distances.set(state, tokens);
    front = [...new Set(front.flatMap((state) => [...before.get(state)!]))].filter((state) => !distances.has(state));
  }
  return (state) => distances.get(state) ?? Number.POSITIVE_INFINITY;
}
