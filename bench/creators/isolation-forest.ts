import { seededRandom } from "@inkseal/lab";

type Node =
  | { readonly size: number }
  | { readonly at: number; readonly split: number; readonly left: Node; readonly right: Node };
/** Mean length of an unsuccessful search among `n` (Liu et al. 2008, equation 1). */
const usual = (n: number): number => (n <= 1 ? 0 : 2 * (Math.log(n - 1) + 0.5772156649) - (2 * (n - 1)) / n);

/** Isolation forest (Liu, Ting & Zhou 2008) of 100 trees over 256 examples each: a score for any example, the higher, the more unusual. */
export function isolationForest(examples: readonly (readonly number[])[], seed: number): (x: readonly number[]) => number {
  const random = seededRandom(seed);
  const sample = Math.min(256, examples.length);
  const deepest = Math.ceil(Math.log2(sample));
  function grow(some: readonly (readonly number[])[], depth: number): Node {
    if (depth >= deepest || some.length <= 1) return { size: some.length };
    const open = some[0]!.flatMap((_, i) => {
      let [low, high] = [Infinity, -Infinity];
      for (const x of some) {
        low = Math.min(low, x[i]!);
        high = Math.max(high, x[i]!);
      }
      return low < high ? [{ i, low, high }] : [];
    });
    const axis = open[Math.floor(random() * open.length)];
    if (axis === undefined) return { size: some.length };
    const split = axis.low + random() * (axis.high - axis.low);
    const part = (left: boolean): Node =>
      grow(
        some.filter((x) => x[axis.i]! < split === left),
        depth + 1,
      );
    return { at: axis.i, split, left: part(true), right: part(false) };
  }
  const trees = Array.from({ length: 100 }, () =>
    grow(
      Array.from({ length: sample }, () => examples[random.below(examples.length)]!),
      0,
    ),
  );
  const path = (node: Node, x: readonly number[], depth: number): number =>
    "size" in node ? depth + usual(node.size) : path(x[node.at]! < node.split ? node.left : node.right, x, depth + 1);
  return (x) => 2 ** (-trees.reduce((sum, tree) => sum + path(tree, x, 0), 0) / trees.length / usual(sample));
}
