import { createHash } from "node:crypto";
import type { LedgerRow, VerifyReport } from "@inkseal/core";
import type { MarkReading } from "@inkseal/mark";
import type { Context } from "./context.ts";

/**
 * The way back: what made these bytes? Reads every mark, then looks for the ledger row of the exact bytes, or of the
 * run that a mark names. Bad input is a verdict (`unreadable`), never an exception.
 */
export async function verify(bytes: Uint8Array, context: Pick<Context, "marker" | "ledger">): Promise<VerifyReport> {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const reading = await context.marker.read(bytes);
  const exact = await context.ledger.rowByOutput(sha256);
  const named = exact === undefined ? await rowNamed(reading, context.ledger) : undefined;
  const row = exact ?? named;
  return {
    mediaType: reading.mediaType,
    size: bytes.length,
    sha256,
    verdict: verdictOf(
      bytes,
      reading.layers.map((l) => [l.layer, l.status] as const),
      exact !== undefined,
    ),
    labelClass: reading.labelClass,
    layers: [...reading.layers],
    ...(row && { row, rowBy: exact ? ("sha256" as const) : ("mark" as const) }),
  };
}

/** Metadata names the run whole, a watermark how it begins. */
async function rowNamed({ run, runStart }: MarkReading, ledger: Context["ledger"]): Promise<LedgerRow | undefined> {
  const whole = run === undefined ? undefined : await ledger.row(run);
  return whole ?? (runStart === undefined ? undefined : await ledger.rowByRunStart(runStart));
}

function verdictOf(bytes: Uint8Array, layers: readonly (readonly [string, string])[], exact: boolean): VerifyReport["verdict"] {
  if (bytes.length === 0) return "unreadable";
  if (exact) return "recognised";
  if (layers.some(([, status]) => status === "invalid")) return "altered";
  // a visible label alone is anybody's words; it sets the class, not the verdict
  // and a watermark that the content does not bear out may have been copied here to incriminate
  return layers.some(
    ([layer, status]) => layer !== "label" && (status === "valid" || (status === "untrusted" && layer !== "watermark")),
  )
    ? "recognised"
    : "unknown";
}
