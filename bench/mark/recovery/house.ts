import { type MediaPart, PolicySchema, type Provenance, type RunRecord } from "@inkseal/core";
import { createGuard } from "@inkseal/guard";
import { type Ledger, openLedger } from "@inkseal/ledger";
import { createMarker, type Marker, makeIdentity, signerFrom } from "@inkseal/mark";
import { ffmpegCoder } from "@inkseal/mark/node";
import { openBlobs, openDatabase } from "@inkseal/store";
import type { Item } from "./items.ts";

const now = Date.UTC(2026, 10, 25);
const clock = { now: () => now, random: (length: number) => new Uint8Array(length).fill(5) };
const policy = PolicySchema.parse({ name: "bench" });

/** A ledger in a database of its own: in memory, in a folder, or on a server. */
export async function benchLedger(options: Parameters<typeof openDatabase>[0] = {}) {
  const database = await openDatabase(options);
  const ledger = await openLedger({ database, blobs: await openBlobs(), clock });
  const close = async () => {
    await ledger.close();
    await database.close();
  };
  return { database, ledger, close };
}

/** A house with nothing but marker and ledger. */
export async function house() {
  const id = await makeIdentity({ commonName: "bench", now });
  const signer = await signerFrom({ chainPem: id.chainPem, privateKeyPem: id.privateKeyPkcs8Pem });
  const watermarkKey = new Uint8Array(32).fill(7);
  const coder = ffmpegCoder();
  const more = { now: clock.now, watermarkKey, video: coder, sound: coder };
  const marker = createMarker({ producer: { code: "BENCH" }, signer, trust: id.rootPem, ...more });
  return { marker, ...(await benchLedger()) };
}

let made = 0;
/** Seals and records a piece as the pipeline does; gives the file and the run. */
export async function seal(
  { mediaType, bytes }: Item,
  marker: Marker,
  ledger: Ledger,
): Promise<{ run: string; bytes: Uint8Array }> {
  const part: MediaPart = { mediaType, bytes, last: true };
  const cleared = await createGuard().open(policy).media(part, AbortSignal.timeout(600_000));
  if (cleared === undefined) throw new Error(`${mediaType} was not cleared`);
  // a millisecond for each, as runs have: the sound's watermark says no more
  const serial = (1 + made++).toString(10).padStart(10, "0");
  const provenance: Provenance = {
    ...{ run: `run_${serial}${"0".repeat(16)}`, artifact: `art_${serial}`, at: new Date(now).toISOString() },
    ...{ engine: "a", model: "m", place: "local", source: "trained", locale: "en" },
  };
  const artifact = await marker.seal(cleared, policy, provenance);
  await ledger.traces.put(artifact);
  const record: RunRecord = {
    ...{ run: artifact.run, at: provenance.at, status: "done", task: "image", engine: "a", model: "m", policy: "bench" },
    ...{ decision: "allow", findings: [], marks: [...artifact.marks], briefDigest: "", outputDigest: artifact.sha256 },
    ...{ usage: {}, totalMs: 1, actor: "local", source: "api", attempts: [] },
    artifact: { id: artifact.id, sha256: artifact.sha256, mediaType, size: artifact.bytes.length },
  };
  await ledger.append(record);
  return { run: artifact.run, bytes: artifact.bytes };
}
