/**
 * A deterministic automaton over symbols (bytes for text; whatever tokens stand for elsewhere). States are compared by identity, so equal
 * states should be the same value: that is what caches live on. It may have infinitely many states.
 */
export interface Automaton<S> {
  readonly start: S;
  /** `undefined` where no word goes on. */
  next(state: S, symbol: number): S | undefined;
  accepts(state: S): boolean;
}

/** Whether a word is accepted; a string stands for its UTF-8 bytes. */
export function accepts<S>(automaton: Automaton<S>, word: string | Iterable<number>): boolean {
  let state: S | undefined = automaton.start;
  for (const symbol of typeof word === "string" ? new TextEncoder().encode(word) : word) {
    state = automaton.next(state, symbol);
    if (state === undefined) return false;
  }
  return automaton.accepts(state);
}

/** A state of a product: `undefined` is a side that has died. */
export interface Pair<A, B> {
  readonly a: A | undefined;
  readonly b: B | undefined;
}

/**
 * Two automata side by side. `accept` says of which sides' acceptance the product's is made: `(a, b) => a && b` is the intersection,
 * `a || b` the union, `a && !b` the difference. A pair lives on while it could still accept as far as the sides that are alive tell.
 */
export function product<A, B>(
  a: Automaton<A>,
  b: Automaton<B>,
  accept: (a: boolean, b: boolean) => boolean,
): Automaton<Pair<A, B>> {
  const pairs = new Map<A | undefined, Map<B | undefined, Pair<A, B>>>();
  const pair = (left: A | undefined, right: B | undefined): Pair<A, B> => {
    let row = pairs.get(left);
    if (row === undefined) pairs.set(left, (row = new Map()));
    let found = row.get(right);
    if (found === undefined) row.set(right, (found = { a: left, b: right }));
    return found;
  };
  /** Whether some later word may be accepted: a living side may end either way, a dead one is false for ever. */
  const hopeful = (left: boolean, right: boolean): boolean =>
    accept(false, false) ||
    (left && accept(true, false)) ||
    (right && accept(false, true)) ||
    (left && right && accept(true, true));
  return {
    start: pair(a.start, b.start),
    next: ({ a: left, b: right }, symbol) => {
      const l = left === undefined ? undefined : a.next(left, symbol);
      const r = right === undefined ? undefined : b.next(right, symbol);
      return hopeful(l !== undefined, r !== undefined) ? pair(l, r) : undefined;
    },
    accepts: ({ a: left, b: right }) => accept(left !== undefined && a.accepts(left), right !== undefined && b.accepts(right)),
  };
}

/** What both accept. */
export const intersection = <A, B>(a: Automaton<A>, b: Automaton<B>): Automaton<Pair<A, B>> =>
  product(a, b, (left, right) => left && right);
