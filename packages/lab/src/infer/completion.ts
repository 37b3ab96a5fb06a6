import type { Network, Step } from "./network.ts";
import type { VocabularyTrie } from "./vocabulary-trie.ts";

/** Tokens beyond which a completion counts as impossible. */
export const furthest = 0xfffe;
/** Ways onward over which longer tokens than the needed ones are not tried: only text that is all but fixed gets shorter by them. */
const narrow = 8;

/**
 * For each node of a network the tokens that suffice to come to the end of its rule, ∞ where none do: Knuth's generalisation of
 * Dijkstra's algorithm (1977), as a call costs its rule and what follows. Tokens are taken within a rule's own characters, so the sum
 * is enough but may not be the least; every text that can be spelt can be spelt so, unless a needed token goes across rules.
 */
export function completion(network: Network, vocabulary: VocabularyTrie): Float64Array {
  const { nodes, starts, ends } = network;
  const before = { free: lists(nodes.length), token: lists(nodes.length), call: lists(nodes.length) };
  const callers = lists(starts.length);
  const closure = closures(network);
  nodes.forEach(({ steps, free, call }, at) => {
    for (const to of free) before.free[to]!.push(at);
    if (call !== undefined) {
      before.call[call.to]!.push(at);
      callers[call.rule]!.push(at);
    }
    if (steps.length > 0) for (const to of tokenTargets(network, closure, vocabulary, at)) before.token[to]!.push(at);
  });

  const cost = new Float64Array(nodes.length).fill(Number.POSITIVE_INFINITY);
  const done = new Uint8Array(nodes.length);
  const queue: number[][] = [[]];
  const offer = (node: number, tokens: number): void => {
    if (tokens >= cost[node]! || tokens > furthest) return;
    cost[node] = tokens;
    (queue[tokens] ??= []).push(node);
  };
  for (const end of ends) offer(end, 0);
  const ruleOf = new Map(starts.map((start, rule) => [start, rule]));
  for (let tokens = 0; tokens < queue.length; tokens++) {
    const now = queue[tokens] ?? [];
    for (let i = 0; i < now.length; i++) {
      const node = now[i]!;
      if (done[node] === 1) continue;
      done[node] = 1;
      for (const from of before.free[node]!) offer(from, tokens);
      for (const from of before.token[node]!) offer(from, tokens + 1);
      for (const from of before.call[node]!) offer(from, tokens + cost[starts[nodes[from]!.call!.rule]!]!);
      const rule = ruleOf.get(node);
      if (rule !== undefined) for (const from of callers[rule]!) offer(from, tokens + cost[nodes[from]!.call!.to]!);
    }
    delete queue[tokens];
  }
  return cost;
}

/** Nodes after some bytes of a token; the steps out of them are looked for only when the token goes on. */
interface Front {
  readonly nodes: readonly number[];
  steps?: readonly Step[];
  narrow?: boolean;
}

/** Nodes that one token leads to from `at`, within the rule. */
function tokenTargets(
  { nodes }: Network,
  closure: (node: number) => readonly number[],
  vocabulary: VocabularyTrie,
  at: number,
): Set<number> {
  const targets = new Set<number>();
  const stepsOf = (front: Front): readonly Step[] => {
    front.steps ??= front.nodes.flatMap((raw) => closure(raw)).flatMap((node) => nodes[node]!.steps);
    return front.steps;
  };
  const isNarrow = (front: Front): boolean => {
    front.narrow ??= stepsOf(front).reduce((sum, { first, last }) => sum + last - first + 1, 0) <= narrow;
    return front.narrow;
  };
  const move = (front: Front, byte: number): Front | undefined => {
    const next = new Set<number>();
    for (const { first, last, to } of stepsOf(front)) if (byte >= first && byte <= last) next.add(to);
    return next.size === 0 ? undefined : { nodes: [...next] };
  };
  const found = (_: number, { nodes: reached }: Front): void => {
    for (const node of reached) targets.add(node);
  };
  const start: Front = { nodes: [at] };
  vocabulary.atoms.walk(start, move, found);
  if (isNarrow(start)) vocabulary.walk(start, (from, byte) => (isNarrow(from) ? move(from, byte) : undefined), found);
  return targets;
}

/** Nodes with steps that a node comes to for nothing, within its rule. */
function closures({ nodes }: Network): (node: number) => readonly number[] {
  const known: (number[] | undefined)[] = [];
  return (node) => {
    let found = known[node];
    if (found === undefined) {
      const seen = new Set([node]);
      for (const at of seen) for (const to of nodes[at]!.free) seen.add(to);
      found = [...seen].filter((at) => nodes[at]!.steps.length > 0);
      known[node] = found;
    }
    return found;
  };
}

const lists = (n: number): number[][] => Array.from({ length: n }, () => []);
