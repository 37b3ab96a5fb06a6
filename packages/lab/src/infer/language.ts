import { InksealError } from "@inkseal/core";
import type { Automaton } from "./automaton.ts";
import { completion } from "./completion.ts";
import type { Network } from "./network.ts";
import type { VocabularyTrie } from "./vocabulary-trie.ts";

/** Pairs of a node and a frame that one state may have, and states that are kept: more of them begin afresh. */
const mostPairs = 200_000;
const mostStates = 20_000;

/**
 * The stacks whose top says to go on at `node` once the called rule is done. `below` are the stacks under it: together the frames are
 * Tomita's graph-structured stack (1985), so an ambiguous text costs a polynomial, not 2ⁿ stacks. The bottom has nothing below.
 */
interface Frame {
  readonly id: number;
  readonly node: number;
  readonly below: ReadonlySet<Frame>;
}

/** A node that waits for a byte, in all the calls in which it does. */
interface Reading {
  readonly node: number;
  readonly frames: readonly Frame[];
}

/** Everything that may be going on after some bytes, and whether a whole text may end there. */
export interface LanguageState {
  readonly readings: readonly Reading[];
  readonly accepting: boolean;
  /** By class of byte: the state after it, null for none. */
  readonly after: (LanguageState | null | undefined)[];
}

/**
 * The automaton of a network: sets of stacks, made deterministic as they are met and kept. Without calls in the network it is the
 * lazy subset construction of a finite automaton.
 */
export class Language implements Automaton<LanguageState> {
  readonly start: LanguageState;
  readonly #network: Network;
  /** Bytes that every step treats alike. */
  readonly #classes = new Uint8Array(256);
  readonly #ends: ReadonlySet<number>;
  /** By node, whether it only leads to the end of its rule: 0 unknown, 1 so, -1 not so. */
  readonly #tail: Int8Array;
  readonly #states = new Map<string, LanguageState>();
  readonly #frames = new Map<string, Frame>();
  readonly #bottom: Frame = { id: 0, node: -1, below: new Set() };
  #nextFrame = 1;

  constructor(network: Network) {
    this.#network = network;
    const edges = new Set<number>();
    for (const { steps } of network.nodes) for (const { first, last } of steps) edges.add(first).add(last + 1);
    for (let byte = 1, n = 0; byte < 256; byte++) this.#classes[byte] = edges.has(byte) ? ++n : n;
    this.#ends = new Set(network.ends);
    this.#tail = new Int8Array(network.nodes.length);
    for (const end of network.ends) this.#tail[end] = 1;
    this.start = this.#state([{ node: network.starts[0]!, frames: [this.#bottom] }]);
  }

  accepts(state: LanguageState): boolean {
    return state.accepting;
  }

  /** Throws `cannot-do` when a text is so ambiguous that over 200,000 readings of it are open. */
  next(state: LanguageState, byte: number): LanguageState | undefined {
    const of = this.#classes[byte]!;
    let found = state.after[of];
    if (found === undefined) {
      const moved: Reading[] = [];
      for (const { node, frames } of state.readings)
        for (const step of this.#network.nodes[node]!.steps)
          if (byte >= step.first && byte <= step.last) moved.push({ node: step.to, frames });
      found = moved.length === 0 ? null : this.#state(moved);
      state.after[of] = found;
    }
    return found ?? undefined;
  }

  /** Tokens that suffice to come from a state to an accepting one, spelt with the tokens of `vocabulary`; ∞ where none do. */
  distances(vocabulary: VocabularyTrie): (state: LanguageState) => number {
    const rest = completion(this.#network, vocabulary);
    const known = new WeakMap<Frame, number>([[this.#bottom, 0]]);
    const least = (frames: Iterable<Frame>): number => {
      let tokens = Number.POSITIVE_INFINITY;
      for (const frame of frames) tokens = Math.min(tokens, known.get(frame)!);
      return tokens;
    };
    /** Frames are as deep as the text is nested, so this is no recursion. */
    const learn = (frame: Frame): void => {
      const pending = [frame];
      for (let at = pending.at(-1); at !== undefined; at = pending.at(-1)) {
        const unknown = [...at.below].filter((one) => !known.has(one));
        pending.push(...unknown);
        if (unknown.length > 0) continue;
        if (!known.has(at)) known.set(at, rest[at.node]! + least(at.below));
        pending.pop();
      }
    };
    const distances = new WeakMap<LanguageState, number>();
    return (state) => {
      if (state.accepting) return 0;
      let tokens = distances.get(state);
      if (tokens === undefined) {
        tokens = Number.POSITIVE_INFINITY;
        for (const { node, frames } of state.readings) {
          for (const frame of frames) learn(frame);
          tokens = Math.min(tokens, rest[node]! + least(frames));
        }
        distances.set(state, tokens);
      }
      return tokens;
    };
  }

  /** The state of `readings` and of all that they come to without a byte. */
  #state(readings: readonly Reading[]): LanguageState {
    const { nodes, starts } = this.#network;
    const seen = new Map<number, Set<Frame>>();
    const pending: [node: number, frame: Frame][] = [];
    /** Calls made here, by where they go on. They gather what is below them until all is read; some come back at once. */
    const calls = new Map<number, { readonly frame: Frame; readonly below: Set<Frame>; back: boolean }>();
    const called = new Map<Frame, number>();
    let pairs = 0;
    let accepting = false;
    const add = (node: number, frame: Frame): void => {
      let frames = seen.get(node);
      if (frames === undefined) seen.set(node, (frames = new Set()));
      if (frames.has(frame)) return;
      frames.add(frame);
      pending.push([node, frame]);
      if (++pairs > mostPairs)
        throw new InksealError("cannot-do", `the grammar is too ambiguous: over ${mostPairs} readings of one text`);
    };
    for (const { node, frames } of readings) for (const frame of frames) add(node, frame);
    for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
      const [node, frame] = pair;
      const { free, call } = nodes[node]!;
      for (const to of free) add(to, frame);
      if (call !== undefined) {
        // a call in last place needs no way back: right recursion keeps the stack flat
        if (this.#isTail(call.to)) add(starts[call.rule]!, frame);
        else {
          let made = calls.get(call.to);
          if (made === undefined) {
            const below = new Set<Frame>();
            calls.set(call.to, (made = { frame: { id: -1, node: call.to, below }, below, back: false }));
            called.set(made.frame, call.to);
          }
          made.below.add(frame);
          if (made.back) add(call.to, frame);
          add(starts[call.rule]!, made.frame);
        }
      }
      if (this.#ends.has(node)) {
        const made = calls.get(called.get(frame) ?? -1);
        if (made !== undefined) made.back = true;
        if (frame === this.#bottom) accepting = true;
        else for (const one of [...frame.below]) add(frame.node, one);
      }
    }
    const waiting: Reading[] = [];
    for (const [node, frames] of seen)
      if (nodes[node]!.steps.length > 0)
        waiting.push({ node, frames: [...this.#kept(frames, called)].sort((a, b) => a.id - b.id) });
    return this.#keep(
      waiting.sort((a, b) => a.node - b.node),
      accepting,
    );
  }

  /** Frames that are one object for one meaning, in place of those that a state was made with. */
  #kept(frames: ReadonlySet<Frame>, made: ReadonlyMap<Frame, number>, done = new Map<Frame, Frame>()): Set<Frame> {
    const out = new Set<Frame>();
    for (const frame of frames) {
      let kept = made.has(frame) ? done.get(frame) : frame;
      if (kept === undefined) {
        const below = this.#kept(frame.below, made, done);
        const key = `${frame.node}:${[...below].map(({ id }) => id).sort((a, b) => a - b)}`;
        kept = this.#frames.get(key);
        if (kept === undefined) this.#frames.set(key, (kept = { id: this.#nextFrame++, node: frame.node, below }));
        done.set(frame, kept);
      }
      out.add(kept);
    }
    return out;
  }

  #keep(readings: readonly Reading[], accepting: boolean): LanguageState {
    const key = `${accepting}${readings.map(({ node, frames }) => `;${node}:${frames.map(({ id }) => id)}`).join("")}`;
    let state = this.#states.get(key);
    if (state === undefined) {
      if (this.#states.size >= mostStates) {
        this.#states.clear();
        this.#frames.clear();
      }
      this.#states.set(key, (state = { readings, accepting, after: [] }));
    }
    return state;
  }

  #isTail(node: number): boolean {
    if (this.#tail[node] === 0) {
      this.#tail[node] = -1; // a loop for nothing is no tail
      const { steps, free, call } = this.#network.nodes[node]!;
      if (steps.length === 0 && call === undefined && free.length > 0 && free.every((to) => this.#isTail(to)))
        this.#tail[node] = 1;
    }
    return this.#tail[node] === 1;
  }
}
