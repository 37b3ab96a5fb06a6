import type { Trace } from "@inkseal/core";
import type { Container } from "./c2pa/container.ts";
import { parseStore } from "./c2pa/store.ts";
import type { SoftBinding } from "./c2pa/write.ts";
import type { Seen } from "./fingerprint/method.ts";
import { methods } from "./fingerprint/prints.ts";

/** A manifest is for every copy of its file to carry: of a long sound it names the first minute and a half, of a film all that is kept. */
const largestBinding = 4096;

/** The fingerprint as the manifest names it: a value that finds the stored one. */
export const softBindingOf = ({ print: { alg, value } }: Seen): SoftBinding => ({ alg, value: value.slice(0, largestBinding) });

/** What is to be kept of a sealed file; undefined when there is nothing. */
export function traceOf(
  seen: readonly Seen[],
  signed: { bytes: Uint8Array; container: Container } | undefined,
): Trace | undefined {
  const store = signed?.container.extract(signed.bytes)?.store;
  if (seen.length === 0 && store === undefined) return undefined;
  return {
    ...(store !== undefined && { manifest: { id: parseStore(store).active.label, store } }),
    prints: seen.map(({ print }) => ({ ...print, keys: methods[print.alg]?.keys(print.value) ?? [] })),
  };
}
