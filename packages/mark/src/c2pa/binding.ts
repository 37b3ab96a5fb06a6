import type { Cbor } from "@inkseal/codec";
import type { Place } from "./container.ts";
import type { Status } from "./status.ts";

/** How a manifest is tied to the bytes of its file (C2PA 2.2, 9.2: a hard binding). */
export interface Binding {
  /** Label of the assertion that is written. */
  readonly label: string;
  /** Whether `check` understands the assertion of this label. */
  reads(label: string): boolean;
  /** The assertion's value with nothing known yet: encoded, exactly as long as what `bind` will return. */
  blank(file: Uint8Array): Cbor;
  /** The value for a file whose manifest store stands at `place`, whatever that store holds. */
  bind(file: Uint8Array, place: Place): Promise<Cbor>;
  /** What the value says of this file. `alg`: the claim's algorithm, where the value names none. `updated`: the store has grown since. */
  check(file: Uint8Array, place: Place, value: ReadonlyMap<Cbor, Cbor>, alg: Cbor, updated?: boolean): Promise<Status[]>;
}
