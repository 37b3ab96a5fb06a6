import type { Clock, Engine } from "@inkseal/core";
import type { Guard } from "@inkseal/guard";
import type { Jobs, Ledger, Uploads } from "@inkseal/ledger";
import type { Marker } from "@inkseal/mark";
import type { SharedEnergy } from "@inkseal/pipeline";
import type { Database } from "@inkseal/store";
import type { Config } from "./config.ts";

/** Everything composed once: what routes and CLI commands hand to `create` and `verify`. */
export interface House {
  readonly config: Config;
  readonly engines: readonly Engine[];
  readonly guard: Guard;
  readonly marker: Marker;
  /** The same marker, for files that strangers hand in: they are read in processes of their own, with limits. */
  readonly reader: Marker;
  readonly ledger: Ledger;
  readonly uploads: Uploads;
  readonly jobs: Jobs;
  readonly database: Database;
  readonly clock: Clock;
  readonly newId: (prefix: string) => string;
  /** What engines in this process spend; the Lab's meter is loaded when it is first asked for. */
  readonly energy: () => Promise<SharedEnergy>;
  /** Encrypts words for policies that keep them. */
  readonly sealText: (text: string) => string;
  close(): Promise<void>;
}
