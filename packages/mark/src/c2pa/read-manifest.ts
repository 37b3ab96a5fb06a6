import { type LayerVerdict, sniff } from "@inkseal/core";
import { trustRoots } from "./certificates.ts";
import { containers } from "./container.ts";
import { isFailure, type State } from "./status.ts";
import { validate } from "./validate.ts";

export interface ManifestReading extends LayerVerdict {
  readonly mediaType: string;
  /** The standard's own word; absent without a manifest. */
  readonly state?: State;
  /** Codes of what the standard counts as failures, each once, sorted. */
  readonly failures: readonly string[];
}

/**
 * What a file's C2PA manifest says and whether that holds, without looking for any other mark. Undefined where no manifest can stand.
 * @example await readManifest(bytes, { trust: rootPem, now: clock.now })
 */
export async function readManifest(
  bytes: Uint8Array,
  options: {
    /** PEM certificates whose signatures count as trusted, of signers and of time-stamping authorities. */
    readonly trust: string;
    readonly timeStampTrust?: string;
    /** Milliseconds since 1970. */
    readonly now: () => number;
  },
): Promise<ManifestReading | undefined> {
  const mediaType = sniff(bytes);
  const container = Object.hasOwn(containers, mediaType) ? containers[mediaType] : undefined;
  if (container === undefined) return undefined;
  const { trust, timeStampTrust = "", now } = options;
  const { statuses, ...verdict } = await validate(bytes, container, {
    roots: trustRoots(trust),
    timeStampRoots: trustRoots(timeStampTrust),
    now,
  });
  return { ...verdict, mediaType, failures: [...new Set(statuses.filter(isFailure).map((s) => s.code))].sort() };
}
