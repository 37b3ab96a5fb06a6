import { createHash } from "node:crypto";
import { type Ledger, openLedger } from "@inkseal/ledger";
import { looker, methods, type Seen } from "@inkseal/mark";
import { type Database, openBlobs } from "@inkseal/store";
import { memoryDatabase } from "@inkseal/testkit";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { resembling } from "./resemble.ts";

const clock = { now: () => 0, random: (length: number) => new Uint8Array(length).fill(3) };
const open = async () => await openLedger({ database, blobs: await openBlobs(), clock });
let database: Database;
let ledger: Ledger;
beforeAll(async () => {
  database = await memoryDatabase();
  ledger = await open();
});
beforeEach(() => database.exec("delete from ledger_prints"));
afterAll(async () => {
  await ledger.close();
  await database.close();
});

const bytesOf = (seed: string, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => createHash("sha1").update(`${seed} ${i}`).digest()[0]!);
const flipped = (value: Uint8Array, bits: readonly number[]): Uint8Array => {
  const out = value.slice();
  for (const bit of bits) out[bit >> 3]! ^= 1 << (bit & 7);
  return out;
};
const sight = methods["org.inkseal.pdq.1"]!;
const words = methods["org.inkseal.minhash.1"]!;
const put = (n: number, ...prints: [alg: string, value: Uint8Array][]) =>
  ledger.traces.put({
    id: `art_${n}`,
    run: `run_${n}`,
    trace: { prints: prints.map(([alg, value]) => ({ alg, value, keys: methods[alg]!.keys(value) })) },
  });
const joined = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

test("a piece with several prints is named once, by the nearest; the nearest piece first, also across methods", async () => {
  const [hash, text] = [bytesOf("hash", 32), bytesOf("text", 256)];
  await put(1, [sight.alg, flipped(hash, [0, 9, 40, 77, 130])], [words.alg, text]);
  await put(2, [sight.alg, flipped(hash, [1])]);
  await put(3, [sight.alg, bytesOf("foreign", 32)], [words.alg, bytesOf("foreign", 256)]);
  const both = [sight.probe(hash)!, words.probe(text)!];
  expect((await resembling(both, ledger)).map(({ alg, run, distance }) => ({ alg, run, distance }))).toEqual([
    { alg: words.alg, run: "run_1", distance: 0 },
    { alg: sight.alg, run: "run_2", distance: 0.0039 },
  ]);
  expect((await resembling(both.slice(0, 1), ledger)).map(({ run }) => run)).toEqual(["run_2", "run_1"]);
  expect(await resembling(both, ledger, 1)).toHaveLength(1);
  expect(await resembling([], ledger)).toEqual([]);
});

test("a film is found by a still and by a cut", async () => {
  const frames = Array.from({ length: 40 }, (_, i) => bytesOf(`frame ${i}`, 32));
  await put(4, [sight.alg, joined(...frames)]);
  const cut = frames.slice(10, 16).map((frame, i) => flipped(frame, [i, 50 + i, 99, 200]));
  for (const value of [frames[7]!, joined(...cut)])
    expect((await resembling([sight.probe(value)!], ledger)).map(({ run }) => run)).toEqual(["run_4"]);
  const other = joined(...Array.from({ length: 9 }, (_, i) => bytesOf(`other ${i}`, 32)), frames[0]!);
  expect(await resembling([sight.probe(other)!], ledger)).toEqual([]);
});

test("a key that very many share does not hide the piece, nor take its time", async () => {
  const hash = bytesOf("crowded", 32);
  // alike in the first band alone
  const crowd = Array.from({ length: 300 }, (_, n) => joined(hash.slice(0, 3), bytesOf(`crowd ${n}`, 29)));
  for (const [n, value] of crowd.entries()) await put(100 + n, [sight.alg, value]);
  await put(99, [sight.alg, flipped(hash, [30, 60, 90, 120])]);
  const { keys } = sight.probe(hash)!;
  expect((await ledger.traces.near(sight.alg, keys)).length).toBeLessThanOrEqual(210);
  expect((await resembling([sight.probe(hash)!], ledger)).map(({ run }) => run)).toEqual(["run_99"]);
});

test("what was filed by the keys of an earlier version is filed as it is now", async () => {
  const text = Array.from({ length: 80 }, (_, i) => `word${(i * i) % 97}`).join(" ");
  const [seen] = (await looker()(new TextEncoder().encode(text), "text/plain")) as [Seen];
  const prints: [string, Uint8Array][] = [
    [sight.alg, bytesOf("old", 32)],
    [words.alg, seen.print.value],
  ];
  await put(5, ...prints);
  const filed = () => database.query<{ alg: string; keys: number[] }>("select alg, keys from ledger_prints order by alg");
  const now = await filed();
  await database.exec("update ledger_prints set keys = '{1,2}'");
  await database.exec("delete from inkseal_migrations where name = 'ledger/006-prints-by-longer-keys'");
  await (await open()).close();
  const sorted = (rows: Awaited<ReturnType<typeof filed>>) => rows.map(({ alg, keys }) => [alg, [...keys].sort()]);
  expect(sorted(await filed())).toEqual(sorted(now));
});
