import type { LayerVerdict } from "@inkseal/core";
import { parseAigc } from "./field.ts";
import { type FieldSignature, readSecurityData } from "./security-data.ts";

/** A field as a container carries it. */
export interface AigcCarried {
  /** `xmp`, `png.text`, `exif.usercomment`, `riff`, `frontmatter`. */
  readonly carrier: string;
  readonly text: string;
}

/**
 * `valid`: one field that follows Annex E to the letter. Unsigned, or signed with a key that `trust` (04, x and y in hex) does not have, it says what
 * is claimed, not who claims it. `untrusted`: readable, but with faults or more than once (6.1 c asks for exactly one); common in the wild.
 * `invalid`: not readable at all, or changed since it was signed. Class: Article 6 by the Label of the first readable field.
 */
export function aigcVerdict(
  found: readonly AigcCarried[],
  trust: ReadonlySet<string> = new Set(),
): {
  readonly verdict: LayerVerdict;
  readonly labelClass: 0 | 1 | 2 | 3;
} {
  const base = { layer: "aigc", method: "gb45438.aigc" } as const;
  if (found.length === 0)
    return { verdict: { ...base, status: "absent", detail: "no AIGC metadata", data: {} }, labelClass: 0 };
  const carriers = found.map((f) => f.carrier);
  const readings = found.map((f) => parseAigc(f.text));
  const reading = readings.find((r) => r !== undefined);
  if (reading === undefined)
    return {
      verdict: { ...base, status: "invalid", detail: "the AIGC metadata is not JSON", data: { carriers } },
      labelClass: 0,
    };
  const faults = [...reading.faults, ...(found.length > 1 ? [`${found.length} fields in one file, one is allowed`] : [])];
  const label = reading.field.Label;
  const signature = readSecurityData(reading.field);
  const short = Object.fromEntries(Object.entries(reading.field).map(([k, v]) => [k, v.slice(0, 512)]));
  return {
    verdict: {
      ...base,
      status: signature?.status === "invalid" ? "invalid" : faults.length === 0 ? "valid" : "untrusted",
      detail: `${faults.length === 0 ? "well formed after GB 45438-2025 Annex E" : faults.join("; ")}; ${signedBy(signature, trust)}`,
      data: { ...short, carriers, ...(signature && { signature }) },
    },
    labelClass: label === "1" ? 1 : label === "2" ? 2 : label === "3" ? 3 : 0,
  };
}

function signedBy(signature: FieldSignature | undefined, trust: ReadonlySet<string>): string {
  if (signature === undefined) return "unsigned";
  const { status, key = "" } = signature;
  if (status === "unsupported") return "signed in a way that is not read here";
  if (status === "invalid") return "the producer's signature (SM2) does not fit the field";
  return trust.has(key)
    ? "signed (SM2) with a trusted key"
    : "signed (SM2) with a key that the file brings along: it says not whose";
}
