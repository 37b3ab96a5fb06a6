import type { Engine } from "@inkseal/core";

/** Watts above idle of one busy machine, by where the engine runs: a model, for engines that are processes of their own. */
const watts: Readonly<Record<Engine["place"], number | undefined>> = { embedded: 15, local: 60, cloud: undefined };

/** Joules of a run that took `ms` milliseconds; undefined where nobody here can know (cloud). */
export function modelledEnergy(place: Engine["place"] | undefined, ms: number): number | undefined {
  const w = place === undefined ? undefined : watts[place];
  return w === undefined ? undefined : (w * ms) / 1000;
}

/** Joules since it was made: the Lab's `energyMeter`. */
export interface Meter {
  joules(): number;
}

/**
 * A meter's joules, shared equally at each moment among the runs that use it: whatever runs side by side, their sum is what was
 * measured while any of them ran.
 */
export class SharedEnergy {
  readonly #meter: Meter;
  readonly #open = new Set<{ joules: number }>();
  #read = 0;

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  /** Begins an account; the function that comes back ends it and answers its joules. */
  begin(): () => number {
    this.#share();
    const account = { joules: 0 };
    this.#open.add(account);
    return () => {
      if (this.#open.has(account)) this.#share();
      this.#open.delete(account);
      return account.joules;
    };
  }

  #share(): void {
    const now = this.#meter.joules();
    for (const account of this.#open) account.joules += (now - this.#read) / this.#open.size;
    this.#read = now;
  }
}
