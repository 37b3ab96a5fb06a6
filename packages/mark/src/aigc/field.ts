import { InksealError } from "@inkseal/core";

/** The seven fields of GB 45438-2025, Annex E, in the order the standard gives. */
export const aigcKeys = [
  "Label",
  "ContentProducer",
  "ProduceID",
  "ReservedCode1",
  "ContentPropagator",
  "PropagateID",
  "ReservedCode2",
] as const;
export type AigcField = Readonly<Record<(typeof aigcKeys)[number], string>>;

/** Annex E j): code points 0x21 to 0x7E, `"` escaped. No space, no control character, nothing beyond ASCII. */
const charset = /^[\x21-\x7e]*$/;

/** Whether a text may stand in a field and says something. */
export const isAigcValue = (text: string): boolean => text.length > 0 && charset.test(text);

/**
 * The field that a generating service writes: Label 1 (is generated), its own code, the artifact's id as content
 * number. ReservedCode1 (the producer's own use) holds the run's id, so that both lead to the ledger. The propagation
 * fields stay empty: nobody has propagated it yet. (Whether a producer should repeat itself there is read both ways;
 * docs/formats/aigc.md.) Throws `bad-request` for values outside the charset.
 */
export function producedField(producer: string, artifact: string, run: string): AigcField {
  for (const value of [producer, artifact, run]) {
    if (!isAigcValue(value)) throw new InksealError("bad-request", "AIGC metadata holds only the code points 0x21 to 0x7E");
  }
  return {
    Label: "1",
    ContentProducer: producer,
    ProduceID: artifact,
    ReservedCode1: run,
    ContentPropagator: "",
    PropagateID: "",
    ReservedCode2: "",
  };
}

/** Bare JSON without white space, keys in the standard's order. */
export const aigcJson = (field: AigcField): string => JSON.stringify(Object.fromEntries(aigcKeys.map((k) => [k, field[k]])));

export interface AigcReading {
  /** The fields that are there and are strings. */
  readonly field: Partial<AigcField>;
  /** What departs from Annex E; empty when nothing does. */
  readonly faults: readonly string[];
}

const maxText = 64 * 1024;

/**
 * Reads a field: bare, wrapped in `{"AIGC":…}` (Annex B), or once more encoded as a string (seen in the wild).
 * Undefined when it is no JSON object.
 */
export function parseAigc(text: string): AigcReading | undefined {
  if (text.length > maxText) return undefined;
  let value: unknown;
  const faults: string[] = [];
  try {
    value = JSON.parse(text.replace(/\0+$/, ""));
    if (isObject(value) && "AIGC" in value) value = value.AIGC;
    if (typeof value === "string") {
      faults.push("encoded twice");
      value = JSON.parse(value);
    }
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const object = value;
  const field: Partial<Record<keyof AigcField, string>> = {};
  for (const key of aigcKeys) {
    const v = Object.hasOwn(object, key) ? object[key] : undefined;
    if (typeof v !== "string") faults.push(v === undefined ? `${key} is missing` : `${key} is not a string`);
    else {
      field[key] = v;
      if (!charset.test(v)) faults.push(`${key} has characters outside 0x21–0x7E`);
    }
  }
  const keys = Object.keys(object);
  const extra = keys.filter((k) => !(aigcKeys as readonly string[]).includes(k));
  if (extra.length > 0) faults.push(`${extra.length} unknown fields`);
  else if (faults.length === 0 && keys.some((k, i) => k !== aigcKeys[i])) faults.push("fields out of order");
  if (field.Label !== undefined && !/^[123]$/.test(field.Label)) faults.push("Label is none of 1, 2, 3");
  return { field, faults };
}

const isObject = (v: unknown): v is Record<string, unknown> => typeof v === "object" && v !== null && !Array.isArray(v);
