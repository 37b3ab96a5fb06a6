import type { LayerVerdict, Unknown, VerifyReport } from "@inkseal/core";
import type { MarkReading } from "./contract.ts";

/** What is known of a file beyond its own marks. */
export interface Beyond {
  readonly empty: boolean;
  /** The ledger has a row of these very bytes. */
  readonly exact: boolean;
  /** It resembles a piece of the ledger. */
  readonly alike: boolean;
  /** There is a row, however it was found. */
  readonly known: boolean;
  /** Whether there was a ledger to ask. */
  readonly asked: boolean;
  /** The content was compared with the ledger's, or need not be. */
  readonly compared: boolean;
  /** The history names versions whose manifests are not there. */
  readonly gap: boolean;
}

/** What marks, and what is known beyond them, add up to. Likeness alone never confirms anything. */
export const judge = (reading: MarkReading, beyond: Beyond): Pick<VerifyReport, "verdict" | "labelClass" | "unknown"> => ({
  verdict: verdictOf(reading, beyond),
  labelClass: classOf(reading, beyond),
  unknown: unknownOf(reading, beyond),
});

/** Nothing in the file says what made it. */
export const unmarked = ({ layers, unexamined }: MarkReading): boolean =>
  unexamined === undefined && layers.every(({ status }) => status === "absent");

function verdictOf({ layers, unexamined }: MarkReading, { empty, exact, alike }: Beyond): VerifyReport["verdict"] {
  if (empty) return "unreadable";
  if (exact) return "recognised";
  if (unexamined !== undefined) return "unreadable";
  if (layers.some(({ status }) => status === "invalid")) return "altered";
  // a visible label alone is anybody's words; it sets the class, not the verdict
  // and a watermark that the content does not bear out may have been copied here to incriminate
  const marked = layers.some(
    ({ layer, status }) => layer !== "label" && (status === "valid" || (status === "untrusted" && layer !== "watermark")),
  );
  return marked ? "recognised" : alike ? "similar" : "unknown";
}

/** Article 6: metadata decide, or this ledger's own row of the bytes; without them a label, a watermark or a likeness is a trace. */
function classOf({ labelClass, layers }: MarkReading, { exact, alike }: Beyond): VerifyReport["labelClass"] {
  if (labelClass !== 0) return labelClass;
  if (exact) return 1;
  const traced = layers.some(({ layer, status }) => (layer === "label" || layer === "watermark") && status === "valid");
  return traced || alike ? 3 : 0;
}

function unknownOf({ layers, unexamined }: MarkReading, { exact, known, asked, compared, gap }: Beyond): Unknown[] {
  const there = layers.some(({ status }) => status !== "absent");
  const manifest = layers.find(({ layer }) => layer === "c2pa");
  const fits = exact || manifest?.status === "valid" || manifest?.status === "untrusted";
  const unknown: [Unknown, boolean][] = [
    ["examination", unexamined !== undefined],
    ["absence", !known && !there],
    ["ledger", !asked],
    ["content", asked && !compared],
    ["watermark", !layers.some(({ layer }) => layer === "watermark")],
    ["time", !known && there && !stamped(manifest)],
    ["changes", !fits && (known || there)],
    ["earlier", gap],
  ];
  return unknown.filter(([, holds]) => holds).map(([code]) => code);
}

/** A trusted authority says when the manifest was there. */
const stamped = (manifest: LayerVerdict | undefined): boolean =>
  (manifest?.data.timeStamp as { status?: string } | undefined)?.status === "valid";
