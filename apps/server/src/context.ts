import type { Actor, Context } from "@inkseal/pipeline";
import type { House } from "./house.ts";

/** What `create` needs for one run. `signal` ends at the deadline too: see `RunsInFlight`. */
export function contextOf(house: House, actor: Actor, signal: AbortSignal): Context {
  const { engines, guard, marker, ledger, clock, newId, sealText, energy, config } = house;
  const { gramsPerKwh } = config;
  return { engines, guard, marker, ledger, clock, newId, sealText, energy, gramsPerKwh, actor, signal };
}
