import type { Resemblance } from "@inkseal/core";
import type { Ledger } from "@inkseal/ledger";
import { methods, type Probe } from "@inkseal/mark";

/** Pieces that are named, the nearest. */
const most = 10;

/**
 * Sealed pieces that are like this one in any way that is asked, within the limit of the method, the nearest by their share of it first; of pieces
 * equally near the older one. What is asked is exact as far as the method's keys are (see there); each candidate is compared whole.
 */
export async function resembling(probes: readonly Probe[], ledger: Ledger, count = most): Promise<readonly Resemblance[]> {
  const found = new Map<string, Resemblance>();
  for (const probe of probes) {
    const method = methods[probe.alg];
    if (method === undefined) continue;
    for (const { run, artifact, value } of await ledger.traces.near(probe.alg, probe.keys)) {
      const { limit, falseLinks } = method;
      const distance = Math.round(probe.distance(value) * 10_000) / 10_000;
      const link = { alg: probe.alg, run, artifact, distance, limit, falseLinks };
      const other = found.get(artifact);
      if (distance <= limit && (other === undefined || part(link) < part(other))) found.set(artifact, link);
    }
  }
  return [...found.values()].sort((a, b) => part(a) - part(b) || (a.artifact < b.artifact ? -1 : 1)).slice(0, count);
}

/** Distances of one method are not those of another: how far it is on the way to the limit. */
const part = ({ distance, limit }: Resemblance): number => distance / limit;
