import { type MixedLoader, type RandomState, seededRandom } from "@inkseal/lab";
import { type Asked, type MoleculeVocabulary, prompt } from "../../src/molecule/conditions.ts";
import type { Lesson } from "./data.ts";

/** How often training hides what a molecule is, so that the model can do without. */
const hidden = { kind: 0.1, weight: 0.35, logP: 0.35, qed: 0.35 } as const;

interface State {
  readonly random: RandomState;
  readonly at: number;
  readonly epoch: number;
}

/**
 * Windows of whole molecules, one after the other, each behind its conditions; only the last of a window is cut off. All lessons once in an order
 * drawn anew each epoch. The state goes on at the beginning of its epoch's order, so that it stays small.
 */
export function moleculeWindows(
  lessons: readonly Lesson[],
  vocabulary: MoleculeVocabulary,
  { batch, length, seed }: { readonly batch: number; readonly length: number; readonly seed: number },
): MixedLoader {
  const bodies = lessons.map(({ tokens }) => Uint16Array.from([...vocabulary.ids(tokens), vocabulary.end]));
  let random = seededRandom(seed);
  let epoch = 0;
  let at = 0;
  let order = shuffled(bodies.length, seed + epoch);
  const nextLesson = (): number[] => {
    if (at === order.length) {
      at = 0;
      order = shuffled(bodies.length, seed + ++epoch);
    }
    const which = order[at++]!;
    const { asked } = lessons[which]!;
    const shown = Object.fromEntries(Object.entries(asked).filter(([name]) => random() >= hidden[name as keyof Asked]));
    return [...vocabulary.ids(prompt(shown)), ...bodies[which]!];
  };
  return {
    next() {
      const rows = { inputs: new Int32Array(batch * length), targets: new Int32Array(batch * length) };
      for (let row = 0; row < batch; row++) {
        const window: number[] = [];
        while (window.length <= length) window.push(...nextLesson());
        rows.inputs.set(window.slice(0, length), row * length);
        rows.targets.set(window.slice(1, length + 1), row * length);
      }
      return rows;
    },
    state: () => ({ random: random.state(), at, epoch, lengths: [bodies.length] }) as never,
    restore(state) {
      const s = state as unknown as State;
      random = seededRandom(s.random);
      ({ at, epoch } = s);
      order = shuffled(bodies.length, seed + epoch);
    },
  };
}

function shuffled(count: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const random = seededRandom(seed);
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
