import type { BriefInput, Clock, Engine, RunEvent, VerifyReport } from "@inkseal/core";
import type { Guard } from "@inkseal/guard";
import type { Ledger } from "@inkseal/ledger";
import type { Marker } from "@inkseal/mark";
import type { SharedEnergy } from "./energy.ts";

/** Who asks, and from where. */
export interface Actor {
  /** Key id, or `local`. */
  readonly id: string;
  /** `api`, `cli`, `studio`. */
  readonly source: string;
  /** Policy the key is bound to; wins over the brief's. */
  readonly policy?: string;
  /** Models the key may use. */
  readonly models?: readonly string[];
}

/** Everything a run needs, handed in by the composition root. */
export interface Context {
  readonly engines: readonly Engine[];
  readonly guard: Guard;
  readonly marker: Marker;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly newId: (prefix: string) => string;
  readonly actor: Actor;
  readonly signal?: AbortSignal;
  /** Milliseconds a run may take when its brief does not say. Absent: as long as `signal` lets it, or 600,000 without one. */
  readonly deadlineMs?: number;
  /** What engines in this process are measured by; without it their energy is modelled as that of others. */
  readonly energy?: () => Promise<SharedEnergy>;
  /** Grams of CO2-equivalent of a kilowatt-hour here; the world's mean. */
  readonly gramsPerKwh?: number;
  /** Encrypts words for policies that keep them; without it they are not kept. */
  readonly sealText?: (text: string) => string;
}

export type Create = (brief: BriefInput, context: Context) => AsyncIterable<RunEvent>;
export type Verify = (
  bytes: Uint8Array,
  context: Pick<Context, "marker" | "ledger"> & Partial<Pick<Context, "engines">>,
) => Promise<VerifyReport>;
