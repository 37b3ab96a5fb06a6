import type { Engine } from "@inkseal/core";
import type { Transport } from "../transport.ts";

/** What the engines with a wire format of their own take. */
export interface NativeOptions {
  readonly name: string;
  readonly baseUrl: string;
  readonly apiKey?: string;
  readonly place: Engine["place"];
  readonly headers?: Readonly<Record<string, string>>;
  readonly transport: Transport;
  /** Fetches pictures by address; refuses private addresses. */
  readonly fetcher: Transport;
  /** Milliseconds without a byte before `upstream-timeout`; 120,000. */
  readonly idleMs?: number;
}
