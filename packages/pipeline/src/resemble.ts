import type { Resemblance } from "@inkseal/core";
import type { Ledger } from "@inkseal/ledger";
import { methods, type Probe } from "@inkseal/mark";

/** Pieces that are named, the nearest. */
const most = 10;

/**
 * Sealed pieces that are like this one, within the limit of the method, the nearest first; of pieces equally near the older one. What is asked is
 * exact as far as the method's keys are (see there); each candidate is compared whole.
 */
export async function resembling(probe: Probe, ledger: Ledger, count = most): Promise<readonly Resemblance[]> {
  const method = methods[probe.alg];
  if (method === undefined) return [];
  const found = new Map<string, Resemblance>();
  for (const { run, artifact, value } of await ledger.traces.near(probe.alg, probe.keys)) {
    const distance = Math.round(probe.distance(value) * 10_000) / 10_000;
    if (!(distance <= method.limit) || (found.get(artifact)?.distance ?? 1) < distance) continue;
    const { limit, falseLinks } = method;
    found.set(artifact, { alg: probe.alg, run, artifact, distance, limit, falseLinks });
  }
  return [...found.values()].sort((a, b) => a.distance - b.distance || (a.artifact < b.artifact ? -1 : 1)).slice(0, count);
}
