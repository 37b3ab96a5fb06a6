import type { LayerVerdict } from "@inkseal/core";
import { parseAigc } from "./field.ts";

/** A field as a container carries it. */
export interface AigcCarried {
  /** `xmp`, `png.text`, `exif.usercomment`, `riff`, `frontmatter`. */
  readonly carrier: string;
  readonly text: string;
}

/**
 * `valid`: one field that follows Annex E to the letter (it is unsigned: it says what is claimed, not who claims it).
 * `untrusted`: readable, but with faults or more than once (6.1 c asks for exactly one); common in the wild.
 * `invalid`: not readable at all. Class: Article 6 by the Label of the first readable field.
 */
export function aigcVerdict(found: readonly AigcCarried[]): {
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
  const short = Object.fromEntries(Object.entries(reading.field).map(([k, v]) => [k, v.slice(0, 512)]));
  return {
    verdict: {
      ...base,
      status: faults.length === 0 ? "valid" : "untrusted",
      detail: faults.length === 0 ? "well formed after GB 45438-2025 Annex E; unsigned" : faults.join("; "),
      data: { ...short, carriers },
    },
    labelClass: label === "1" ? 1 : label === "2" ? 2 : label === "3" ? 3 : 0,
  };
}
