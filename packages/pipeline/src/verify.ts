import { createHash } from "node:crypto";
import type { LedgerRow, Resemblance, Unknown, VerifyReport } from "@inkseal/core";
import type { History, MarkReading } from "@inkseal/mark";
import type { Context } from "./context.ts";
import { resembling } from "./resemble.ts";

/**
 * The way back: what made these bytes? Reads every mark, then looks for the ledger row of the exact bytes, of the run that metadata name, of the
 * run that a watermark names, and last of the piece that this one resembles. Likeness alone never confirms anything. Bad input is a verdict
 * (`unreadable`), never an exception.
 */
export async function verify(bytes: Uint8Array, context: Pick<Context, "marker" | "ledger">): Promise<VerifyReport> {
  const { marker, ledger } = context;
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const reading = await marker.read(bytes);
  const found = await rowOf(sha256, reading, ledger);
  const seen = found === undefined ? await marker.look(bytes) : undefined;
  const resembles = seen === undefined ? [] : await resembling(seen.probe, ledger);
  const alike = resembles[0] && (await ledger.row(resembles[0].run));
  const { row, rowBy } = found ?? { row: alike, rowBy: "fingerprint" as const };
  const stored = row && (await storedOf(row, resembles[0], context));
  const past = reading.history ?? stored?.history;
  const exact = rowBy === "sha256";
  return {
    mediaType: reading.mediaType,
    size: bytes.length,
    sha256,
    verdict: verdictOf(bytes, reading, exact, resembles.length > 0),
    labelClass: classOf(reading, exact, resembles.length > 0),
    layers: [...reading.layers],
    ...(row && { row, rowBy }),
    resembles: [...resembles],
    history: [...(past?.steps ?? [])],
    ...(past && { historyFrom: reading.history === undefined ? ("stored" as const) : ("file" as const) }),
    ...(stored && { storedManifest: stored.id }),
    unknown: unknownOf(reading, { exact, row, past, compared: found !== undefined || seen !== undefined }),
  };
}

type Found = { readonly row: LedgerRow; readonly rowBy: "sha256" | "mark" | "watermark" };

/** Metadata name the run whole, a watermark how it begins. */
async function rowOf(sha256: string, { run, runStart }: MarkReading, ledger: Context["ledger"]): Promise<Found | undefined> {
  const exact = await ledger.rowByOutput(sha256);
  if (exact !== undefined) return { row: exact, rowBy: "sha256" };
  const named = run === undefined ? undefined : await ledger.row(run);
  if (named !== undefined) return { row: named, rowBy: "mark" };
  const marked = runStart === undefined ? undefined : await ledger.rowByRunStart(runStart);
  return marked && { row: marked, rowBy: "watermark" };
}

/** The manifest that was kept when the piece was sealed, and what it says was done until then. */
async function storedOf(
  row: LedgerRow,
  alike: Resemblance | undefined,
  { ledger, marker }: Pick<Context, "marker" | "ledger">,
): Promise<{ readonly id: string; readonly history: History } | undefined> {
  const id = await ledger.traces.manifestOf(row.run, alike?.artifact ?? row.artifact?.id);
  const store = id === undefined ? undefined : await ledger.traces.manifest(id);
  return id === undefined || store === undefined ? undefined : { id, history: await marker.history(store) };
}

function verdictOf(bytes: Uint8Array, { layers }: MarkReading, exact: boolean, alike: boolean): VerifyReport["verdict"] {
  if (bytes.length === 0) return "unreadable";
  if (exact) return "recognised";
  if (layers.some(({ status }) => status === "invalid")) return "altered";
  // a visible label alone is anybody's words; it sets the class, not the verdict
  // and a watermark that the content does not bear out may have been copied here to incriminate
  const marked = layers.some(
    ({ layer, status }) => layer !== "label" && (status === "valid" || (status === "untrusted" && layer !== "watermark")),
  );
  return marked ? "recognised" : alike ? "similar" : "unknown";
}

/** Article 6: metadata decide, or this ledger's own row of the bytes; without them a label, a watermark or a likeness is a trace. */
function classOf({ labelClass, layers }: MarkReading, exact: boolean, alike: boolean): VerifyReport["labelClass"] {
  if (labelClass !== 0) return labelClass;
  if (exact) return 1;
  const traced = layers.some(({ layer, status }) => (layer === "label" || layer === "watermark") && status === "valid");
  return traced || alike ? 3 : 0;
}

function unknownOf(
  { layers }: MarkReading,
  of: { exact: boolean; row: LedgerRow | undefined; past: History | undefined; compared: boolean },
): Unknown[] {
  const there = layers.filter(({ status }) => status !== "absent");
  const manifest = layers.find(({ layer }) => layer === "c2pa");
  const fits = of.exact || manifest?.status === "valid" || manifest?.status === "untrusted";
  const unknown: [Unknown, boolean][] = [
    ["absence", of.row === undefined && there.length === 0],
    ["content", !of.compared],
    ["watermark", !layers.some(({ layer }) => layer === "watermark")],
    ["time", of.row === undefined && there.length > 0],
    ["changes", !fits && (of.row !== undefined || there.length > 0)],
    ["earlier", of.past?.gap === true],
  ];
  return unknown.filter(([, holds]) => holds).map(([code]) => code);
}
