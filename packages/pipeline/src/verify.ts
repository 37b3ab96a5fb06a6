import { createHash } from "node:crypto";
import type { Engine, LedgerRow, Likelihood, Resemblance, VerifyReport } from "@inkseal/core";
import { type EngineTokens, type History, judge, type MarkReading, markedWords, unmarked } from "@inkseal/mark";
import type { Context } from "./context.ts";
import { resembling } from "./resemble.ts";

/**
 * The way back: what made these bytes? Reads every mark, then looks for the ledger row of the exact bytes, of the run that metadata name, of the
 * run that a watermark names, and last of the piece that this one resembles. Likeness alone never confirms anything. Bad input is a verdict
 * (`unreadable`), never an exception.
 */
export async function verify(
  bytes: Uint8Array,
  context: Pick<Context, "marker" | "ledger"> & Partial<Pick<Context, "engines">>,
): Promise<VerifyReport> {
  const { marker, ledger, engines = [] } = context;
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const bare = await marker.read(bytes);
  const words = await marker.readWords(bytes, (text) => tokensBy(engines, text));
  const reading = words === undefined ? bare : { ...bare, layers: [...bare.layers, words] };
  const found = await rowOf(sha256, reading, ledger);
  const seen = found === undefined ? await marker.look(bytes) : [];
  const resembles = await resembling(
    seen.map(({ probe }) => probe),
    ledger,
  );
  const alike = resembles[0] && (await ledger.row(resembles[0].run));
  const { row, rowBy } = found ?? { row: alike, rowBy: "fingerprint" as const };
  const text = row === undefined && words?.status !== "valid" ? markedWords(bytes, reading.mediaType) : undefined;
  const likelihood = text === undefined ? [] : await likelihoodBy(engines, text);
  const pixels = row === undefined && unmarked(reading) ? await marker.likelihood(bytes) : undefined;
  const stored = row && (await storedOf(row, resembles[0], context));
  const past = reading.history ?? stored?.history;
  return {
    mediaType: reading.mediaType,
    size: bytes.length,
    sha256,
    ...judge(reading, {
      empty: bytes.length === 0,
      exact: rowBy === "sha256",
      alike: resembles.length > 0,
      known: row !== undefined,
      asked: true,
      compared: found !== undefined || seen.length > 0,
      gap: past?.gap === true,
    }),
    layers: [...reading.layers],
    ...(row && { row, rowBy }),
    likelihood: pixels === undefined ? likelihood : [...likelihood, pixels],
    resembles: [...resembles],
    history: [...(past?.steps ?? [])],
    ...(past && { historyFrom: reading.history === undefined ? ("stored" as const) : ("file" as const) }),
    ...(stored && { storedManifest: stored.id }),
  };
}

/** A text as the models here cut it. An engine that fails only leaves its own models out. */
async function tokensBy(engines: readonly Engine[], text: string): Promise<readonly EngineTokens[]> {
  const lists = engines.map(async (engine) =>
    ((await engine.tokens?.(text).catch(() => undefined)) ?? []).map((one) => ({ ...one, engine: engine.name })),
  );
  return (await Promise.all(lists)).flat();
}

/** What models think of words that nothing else is known of. */
async function likelihoodBy(engines: readonly Engine[], text: string): Promise<Likelihood[]> {
  const lists = engines.map(async (engine) =>
    ((await engine.likelihood?.(text).catch(() => undefined)) ?? []).map((one) => ({ engine: engine.name, ...one })),
  );
  return (await Promise.all(lists)).flat();
}

type Found = { readonly row: LedgerRow; readonly rowBy: "sha256" | "mark" | "watermark" };

/** Metadata name the run whole, a watermark how it begins. */
async function rowOf(
  sha256: string,
  { run, artifact, runStart }: MarkReading,
  ledger: Context["ledger"],
): Promise<Found | undefined> {
  const exact = await ledger.rowByOutput(sha256);
  if (exact !== undefined) return { row: exact, rowBy: "sha256" };
  const id = run ?? (artifact && (await ledger.artifacts.info(artifact))?.run); // a signed AIGC field names the artifact alone
  const named = id === undefined ? undefined : await ledger.row(id);
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
