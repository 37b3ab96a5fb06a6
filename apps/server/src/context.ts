import type { Actor, Context } from "@inkseal/pipeline";
import type { House } from "./house.ts";

/** What `create` needs for one run. */
export function contextOf(house: House, actor: Actor, signal: AbortSignal): Context {
  const { engines, guard, marker, ledger, clock, newId, sealText, config } = house;
  return { engines, guard, marker, ledger, clock, newId, sealText, actor, signal, deadlineMs: config.limits.deadlineMs };
}
