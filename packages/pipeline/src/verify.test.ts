import { createHash } from "node:crypto";
import { defaultPolicy, type MediaPart, type Policy, PolicySchema, type Provenance, type RunRecord } from "@inkseal/core";
import { createGuard, type Gate } from "@inkseal/guard";
import { type Ledger, openLedger } from "@inkseal/ledger";
import { createMarker, type Marker, makeIdentity, signerFrom } from "@inkseal/mark";
import { type Database, openBlobs } from "@inkseal/store";
import { memoryDatabase } from "@inkseal/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { verify } from "./verify.ts";

const now = Date.UTC(2026, 10, 25);
const clock = { now: () => now, random: (length: number) => new Uint8Array(length).fill(3) };
let database: Database;
let ledger: Ledger;
let marker: Marker;
beforeAll(async () => {
  database = await memoryDatabase();
  ledger = await openLedger({ database, blobs: await openBlobs(), clock });
  const id = await makeIdentity({ commonName: "test", now });
  const signer = await signerFrom({ chainPem: id.chainPem, privateKeyPem: id.privateKeyPkcs8Pem });
  marker = createMarker({ producer: { code: "INKSEAL" }, signer, trust: id.rootPem, now: clock.now });
});
afterAll(async () => {
  await ledger.close();
  await database.close();
});

const provenance = (n: number): Provenance => ({
  run: `run_${String(n).padStart(26, "0")}`,
  artifact: `art_${n}`,
  at: "2026-11-25T00:00:00Z",
  engine: "a",
  model: "m",
  place: "local",
  source: "trained",
  locale: "en",
});

/** Seals and records a text as `create` does. */
async function sealed(n: number, text: string, policy: Policy = defaultPolicy): Promise<Uint8Array> {
  const gate: Gate = createGuard().open(policy);
  const part: MediaPart = { mediaType: "text/plain", bytes: new TextEncoder().encode(text), last: true };
  const cleared = await gate.media(part, AbortSignal.timeout(60_000));
  const artifact = await marker.seal(cleared!, policy, provenance(n));
  await ledger.traces.put(artifact);
  const record: RunRecord = {
    run: artifact.run,
    at: "2026-11-25T00:00:00Z",
    status: "done",
    task: "chat",
    engine: "a",
    model: "m",
    policy: "default",
    decision: "allow",
    findings: [],
    marks: [...artifact.marks],
    briefDigest: "",
    outputDigest: createHash("sha256").update(artifact.bytes).digest("hex"),
    artifact: { id: artifact.id, sha256: artifact.sha256, mediaType: "text/plain", size: artifact.bytes.length },
    usage: {},
    totalMs: 1,
    actor: "local",
    source: "api",
    attempts: [],
  };
  await ledger.append(record);
  return artifact.bytes;
}

const words = (seed: number): string =>
  Array.from({ length: 120 }, (_, i) => `w${createHash("sha1").update(`${seed} ${i}`).digest("hex").slice(0, 4)}`).join(" ");
const check = (text: string | Uint8Array) =>
  verify(typeof text === "string" ? new TextEncoder().encode(text) : text, { marker, ledger });

test("exact bytes: confirmed, with the history from the file's own manifest", async () => {
  const bytes = await sealed(1, words(1));
  expect(await check(bytes)).toMatchObject({
    verdict: "recognised",
    rowBy: "sha256",
    labelClass: 1,
    resembles: [],
    historyFrom: "file",
    history: [{ actions: ["c2pa.created"], run: provenance(1).run, proven: true }],
    storedManifest: expect.stringMatching(/^urn:c2pa:/),
    unknown: ["watermark"],
  });
});

test("stripped to bare words and a fifth of them changed: suspected, never confirmed, with the kept manifest", async () => {
  await sealed(2, words(2));
  const edited = words(2)
    .split(" ")
    .map((word, i) => (i % 5 === 0 ? "other" : word))
    .join(" ");
  const report = await check(edited);
  expect(report).toMatchObject({
    verdict: "similar",
    rowBy: "fingerprint",
    labelClass: 3,
    row: { run: provenance(2).run },
    resembles: [{ alg: "org.inkseal.minhash.1", run: provenance(2).run, artifact: "art_2", limit: 0.75 }],
    historyFrom: "stored",
    history: [{ run: provenance(2).run, proven: true }],
    unknown: ["watermark", "changes"],
  });
  expect(report.resembles[0]!.distance).toBeGreaterThan(0.2);
  expect(report.storedManifest).toBe(report.history[0]!.manifest);
});

test("a foreign text and too short a one: unknown, and what could not be known", async () => {
  expect(await check(words(99))).toMatchObject({
    verdict: "unknown",
    labelClass: 0,
    resembles: [],
    unknown: ["absence", "watermark"],
  });
  expect(await check("short")).toMatchObject({ verdict: "unknown", unknown: ["absence", "content", "watermark"] });
});

test("a visible label alone is a trace: suspected", async () => {
  expect(await check("mine\n\n(AI-generated content)\n")).toMatchObject({ verdict: "unknown", labelClass: 3 });
});

test("a manifest that says no more than its text was edited: altered, found by its run", async () => {
  const bytes = await sealed(3, words(3), PolicySchema.parse({ name: "test", marks: { text: "none" } }));
  bytes[4] = 0x7a;
  expect(await check(bytes)).toMatchObject({ verdict: "altered", unknown: expect.arrayContaining(["changes"]) });
});

test("a picture without marks and row is guessed at, and nothing else changes; one with marks is not", async () => {
  const measured = { auc: 0.8, foundAtOnePercent: 0.1, people: 9, machine: 9, set: "a set" };
  const guess = {
    of: "picture",
    engine: "inkseal",
    model: "picture",
    method: "spectra.1",
    score: 3,
    peopleAsHigh: 0.01,
    measured,
  } as const;
  const asked: number[] = [];
  const guessing: Marker = {
    ...marker,
    likelihood: async (bytes) => {
      asked.push(bytes.length);
      return guess;
    },
  };
  const context = { marker: guessing, ledger };
  const grey = Uint8Array.from(
    atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="),
    (c) => c.charCodeAt(0),
  );
  const plain = await verify(grey, { marker: { ...marker, likelihood: async () => undefined }, ledger });
  const report = await verify(grey, context);
  expect(report.mediaType).toBe("image/png");
  expect(report).toEqual({ ...plain, likelihood: [guess] });
  expect(report).toMatchObject({ verdict: "unknown", labelClass: 0 });
  const before = asked.length;
  expect((await verify(await sealed(77, "A brush leaves ink behind."), context)).likelihood).toEqual([]);
  expect(asked).toHaveLength(before);
});
