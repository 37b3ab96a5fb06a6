import { type Bar, barTicks } from "../../src/melody/score/tune.ts";
import type { Echo, Forms } from "../../src/melody/tune/form.ts";
import type { TrainingTune } from "./tune-data.ts";

/** Which bars of the tunes' strains of eight come again, and how often each pattern of it is: first strains, and later ones, which also look back at the first. */
export function countForms(tunes: readonly TrainingTune[]): Forms {
  const counts = { first: new Map<string, number>(), later: new Map<string, number>() };
  for (const { tune } of tunes) {
    const whole = barTicks(tune.metre);
    const first = tune.parts[0]!.bars;
    tune.parts.forEach(({ bars }, p) => {
      if (bars.length !== 8) return;
      const pattern = bars.map((bar, b): Echo => {
        // the farthest back first: bar 5 is bar 1 again rather than bar 3
        const inside = bars.slice(0, b).map((other, i) => ({ from: i, same: likeness(bar, other, whole) }));
        const before = p > 0 && first.length === 8 ? [{ from: 8 + b, same: likeness(bar, first[b]!, whole) }] : [];
        const all = [...inside, ...before];
        const exact = all.find(({ same }) => same === 1) ?? all.find(({ same }) => same >= 0.5);
        return exact === undefined ? null : [exact.from, exact.same === 1 ? 1 : 0.5];
      });
      const table = p === 0 ? counts.first : counts.later;
      const key = JSON.stringify(pattern);
      table.set(key, (table.get(key) ?? 0) + 1);
    });
  }
  const sorted = (table: ReadonlyMap<string, number>) =>
    [...table]
      .filter(([, n]) => n >= 4)
      .sort((a, b) => b[1] - a[1])
      .map(([key, n]) => [n, JSON.parse(key)] as const);
  return { first: sorted(counts.first), later: sorted(counts.later) };
}

/** The share of a bar, from its beginning, that is the same as another. */
function likeness(a: Bar, b: Bar, whole: number): number {
  let same = 0;
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [x, y] = [a[i]!, b[i]!];
    if (x.ticks !== y.ticks || x.pitch?.step !== y.pitch?.step || x.pitch?.alter !== y.pitch?.alter) break;
    same += x.ticks;
  }
  return same / whole;
}
