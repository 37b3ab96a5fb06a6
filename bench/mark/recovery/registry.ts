/** How long a look-up takes among a million registered pieces. Their prints are made of real ones, so that keys are as unevenly spread as theirs. */
import { randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { methods, type Probe, type Seen } from "@inkseal/mark";
import { resembling } from "@inkseal/pipeline";
import type { Row } from "../../run.ts";
import { benchLedger } from "./house.ts";

const [sight, sound, words] = ["org.inkseal.pdq.1", "org.inkseal.haitsma.1", "org.inkseal.minhash.1"] as const;
/** Of 20 registered pieces: 11 pictures, 6 texts, 2 sounds of ten seconds, 1 film of six different frames. */
const shares = ["picture", "text", "picture", "sound", "picture", "text", "picture", "film", "picture", "text"] as const;
const kindOf = (n: number): "picture" | "text" | "sound" | "film" =>
  n % 20 === 7 ? "picture" : n % 20 === 13 ? "sound" : (shares[n % 10] as (typeof shares)[number]);

/** Real prints by algorithm: of a picture, a passage, ten seconds. */
export type Pool = Readonly<Record<string, readonly Seen[]>>;
type Pick = () => Uint8Array;

const picked = (pool: Pool, alg: string): Pick => {
  const values = (pool[alg] ?? []).map(({ print }) => print.value);
  if (values.length < 2) throw new Error(`no prints of ${alg} to make others of`);
  return () => values[randomInt(values.length)] as Uint8Array;
};

/** Prints like real ones: of two pictures each bit from either, of two texts each entry from either or none, of a sound each frame a few bits off. */
export function maker(pool: Pool): (kind: ReturnType<typeof kindOf>) => readonly [alg: string, value: Uint8Array] {
  const [picture, text, heard] = [picked(pool, sight), picked(pool, words), picked(pool, sound)];
  const random = (below: number): number => Math.floor(Math.random() * below);
  const hash = (): Uint8Array => {
    const [a, b] = [picture().subarray(0, 32), picture().subarray(0, 32)];
    return a.map((x, i) => {
      const mask = random(256);
      return (x & mask) | ((b[i] as number) & ~mask);
    });
  };
  const joined = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
  const made = {
    picture: () => hash(),
    film: () => joined(Array.from({ length: 6 }, hash)),
    text: () => {
      const [a, b] = [text(), text()];
      const out = a.slice();
      for (let i = 0; i < out.length; i += 2) {
        const from = random(3);
        if (from === 1) out.set(b.subarray(i, i + 2), i);
        if (from === 2) out.set([random(256), random(256)], i);
      }
      return out;
    },
    sound: () => {
      const out = heard().slice(0, 432);
      for (let i = 0; i < out.length; i += 4) for (let n = random(7); n > 0; n--) flip(out, 8 * i + random(32));
      return out;
    },
  };
  const algs = { picture: sight, film: sight, text: words, sound } as const;
  return (kind) => [algs[kind], made[kind]()];
}

const flip = (value: Uint8Array, bit: number): void => {
  value[bit >> 3] = (value[bit >> 3] as number) ^ (1 << (bit & 7));
};

interface Registered {
  readonly n: number;
  readonly alg: string;
  readonly value: Uint8Array;
}

const runOf = (n: number): string => `run_${String(n).padStart(13, "0")}${"0".repeat(13)}`;
const digestOf = (n: number): string => (BigInt(n) * 0x9e3779b97f4a7c15n).toString(16).padStart(64, "0").slice(-64);
const keyOf = (digest: string): string => digest.slice(0, 16);

/** Fills the tables as the ledger would, in bulk and without the index; gives every so many of the pieces. */
export async function fill(database: Bench["database"], count: number, pool: Pool): Promise<Registered[]> {
  const make = maker(pool);
  const kept: Registered[] = [];
  await database.exec("drop index ledger_prints_keys");
  for (let from = 0; from < count; from += 2000) {
    const [prints, rows]: [string[], string[]] = [[], []];
    for (let n = from; n < Math.min(count, from + 2000); n++) {
      const [alg, value] = make(kindOf(n));
      if (n % Math.floor(count / 997) === 0) kept.push({ n, alg, value });
      const keys = methods[alg]?.keys(value) ?? [];
      prints.push(`('${alg}','${runOf(n)}','art_${n}','\\x${Buffer.from(value).toString("hex")}','{${keys.join()}}')`);
      const digest = digestOf(n);
      const record = `{"run":"${runOf(n)}","outputDigest":"${digest}","status":"done"}`;
      rows.push(`(${n + 1},'${runOf(n)}','done','image','local','${keyOf(digest)}','','${digest}','${record}')`);
    }
    await database.exec(`insert into ledger_prints (alg, run, artifact, value, keys) values ${prints.join()}`);
    await database.exec(
      `insert into ledger_rows (seq, run, status, task, actor, output_key, prev, hash, record) values ${rows.join()}`,
    );
  }
  return kept;
}

export async function index(database: Bench["database"]): Promise<void> {
  await database.exec("set maintenance_work_mem = '256MB'");
  await database.exec("create index ledger_prints_keys on ledger_prints using gin (keys) with (fastupdate = off)");
  await database.exec("analyze ledger_prints; analyze ledger_rows");
}

type Bench = Awaited<ReturnType<typeof benchLedger>>;

/** A registered piece as a copy asks for it: every eighth entry, 4 % of the bits, or a bit in four of five frames of sound are others. */
function copyOf({ alg, value }: Registered): Probe {
  const copy = value.slice();
  if (alg === words) for (let i = 0; i < copy.length; i += 16) copy[i] = (copy[i] as number) ^ 0x55;
  else if (alg === sound)
    for (let i = 0; i < copy.length; i += 4) copy[i] = (copy[i] as number) ^ (Math.random() < 0.8 ? 1 << (i % 8) : 0);
  else for (let bit = Math.floor(Math.random() * 25); bit < 8 * copy.length; bit += 25) flip(copy, bit);
  return methods[alg]?.probe(copy) as Probe;
}

interface Timed {
  readonly p50: number;
  readonly p95: number;
  readonly count: number;
}
async function timed<T>(asks: readonly T[], ask: (one: T) => Promise<unknown>): Promise<Timed> {
  const times: number[] = [];
  for (const one of asks) {
    const begun = performance.now();
    await ask(one);
    times.push(performance.now() - begun);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(share * times.length))] as number;
  return { p50: at(0.5), p95: at(0.95), count: times.length };
}

/** Look-ups of foreign pieces and of copies, `each` of every kind. */
export async function measure({ ledger }: Bench, kept: readonly Registered[], asked: Pool, each: number) {
  const copies = kept.filter(({ alg }) => alg !== sight || Math.random() < 0.5);
  let found = 0;
  const kinds: [string, Timed][] = [
    ["exact", await timed(copies.slice(0, each), ({ n }) => ledger.rowByOutput(digestOf(n)))],
    ["watermark", await timed(copies.slice(0, each), ({ n }) => ledger.rowByRunStart(runOf(n).slice(0, 17)))],
  ];
  for (const [alg, seen] of Object.entries(asked))
    kinds.push([alg, await timed(seen.slice(0, each), ({ probe }) => resembling([probe], ledger))]);
  const films = Array.from({ length: Math.ceil(each / 2) }, () => maker(asked)("film")[1]);
  const whole = films.map((film) => methods[sight]?.probe(new Uint8Array(Buffer.concat(Array(4).fill(film)))) as Probe);
  kinds.push(["film", await timed(whole, (probe) => resembling([probe], ledger))]);
  const minute = (asked[sound] ?? []).slice(0, 6).flatMap(({ probe }) => probe.asks);
  const long = methods[sound]?.ask([new Uint8Array(Buffer.concat(minute))]) as Probe;
  kinds.push([
    "a minute of sound",
    await timed(Array(Math.ceil(each / 10)).fill(long), (probe) => resembling([probe], ledger)),
  ]);
  const some = copies.slice(0, 2 * each);
  kinds.push([
    "copies",
    await timed(some, async (one) => {
      const links = await resembling([copyOf(one)], ledger);
      if (links.some(({ run }) => run === runOf(one.n))) found++;
    }),
  ]);
  return { kinds, found, of: some.length };
}

/** Rows of the embedded database, and of a PostgreSQL server whose empty database `INKSEAL_BENCH_DATABASE_URL` names. */
export async function registryRows(pool: Pool, quick: boolean, log: (line: string) => void): Promise<Row[]> {
  const count = quick ? 20_000 : 1_000_000;
  const half = (odd: number): Pool =>
    Object.fromEntries(Object.entries(pool).map(([alg, seen]) => [alg, seen.filter((_, i) => i % 2 === odd)]));
  const [made, asked] = [half(0), half(1)];
  const rows: Row[] = [];
  const on = async (name: string, options: Parameters<typeof benchLedger>[0]): Promise<void> => {
    const bench = await benchLedger(options);
    try {
      log(`recovery: ${count} registered pieces in ${name}`);
      const kept = await fill(bench.database, count, made);
      await index(bench.database);
      log("recovery: look-ups");
      const { kinds, found, of } = await measure(bench, kept, asked, quick ? 20 : 100);
      const note = kinds.map(([kind, t]) => `${kind} ${t.p50.toFixed(1)}/${t.p95.toFixed(1)}`).join(", ");
      rows.push({
        name: `lookup_p95_ms${name === "pglite" ? "" : `_${name}`}`,
        value: Math.max(...kinds.map(([, t]) => t.p95)),
        unit: "ms",
        bound: "<200",
        note: `${count} ids in ${name}, the slowest kind; p50/p95: ${note}; ${found} of ${of} copies found among them`,
      });
    } finally {
      await bench.close();
    }
  };
  const folder = await mkdtemp(join(tmpdir(), "inkseal-registry-"));
  try {
    await on("pglite", { folder });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const url = process.env.INKSEAL_BENCH_DATABASE_URL;
  if (url !== undefined) await on("postgres", { url });
  return rows;
}
