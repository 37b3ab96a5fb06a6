import type { Engine } from "@inkseal/core";

/** Watts above idle of one busy machine, by where the engine runs. A model, not a measurement; the Lab reads RAPL. */
const watts: Readonly<Record<Engine["place"], number | undefined>> = { embedded: 15, local: 60, cloud: undefined };

/** Joules of a run that took `ms` milliseconds; undefined where nobody here can know (cloud). */
export function modelledEnergy(place: Engine["place"] | undefined, ms: number): number | undefined {
  const w = place === undefined ? undefined : watts[place];
  return w === undefined ? undefined : (w * ms) / 1000;
}
