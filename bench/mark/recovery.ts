/**
 * Whether verify finds the ledger's row after every bit of metadata was stripped, whether it ever finds a wrong one, and how long a look-up takes
 * among a million. Rows `recovery`, `wrong_links`, `lookup_p95_ms`, and the parts of which they are made; `--only=recovery_copies` (or
 * one kind of them, `recovery_films`), `recovery_foreign` and `recovery_registry` measure one of them. What they read from the environment: `INKSEAL_BENCH_FOREIGN`, a folder of foreign
 * pieces (see `recovery/foreign.ts`), and `INKSEAL_BENCH_DATABASE_URL`, an empty database of a PostgreSQL server.
 */
import { createMarker, type Marker, methods, type Seen } from "@inkseal/mark";
import type { Row } from "../run.ts";
import { copyRows } from "./recovery/copied.ts";
import { foreignLinks, type Kind } from "./recovery/foreign.ts";
import { type Item, passages, photoFiles, sounds, speech, tiles } from "./recovery/items.ts";
import { registryRows } from "./recovery/registry.ts";

/** Kinds of what is sealed and copied; foreign items by every means that verify has; and all of that. */
const copied = ["copies", "pictures", "films", "texts", "documents", "sounds", "strangers"];

interface Options {
  readonly quick: boolean;
  readonly only?: ReadonlySet<string> | undefined;
  log(line: string): void;
}

export async function recoveryRows({ quick, only, log }: Options): Promise<readonly Row[]> {
  const wanted = (part: string): boolean => only === undefined || only.has("recovery") || only.has(`recovery_${part}`);
  const rows: Row[] = [];
  if (copied.some(wanted)) rows.push(...(await copyRows({ quick, log, wanted })));
  if (!wanted("foreign") && !wanted("registry")) return rows;
  const { pairs, pool } = await foreignPairs(quick, log);
  if (wanted("foreign")) rows.push(...pairs, ...(await foreignRows(pool, quick, log)));
  if (wanted("registry")) rows.push(...(await registryRows(pool, quick, log)));
  return rows;
}

type Pool = Record<string, Seen[]>;

/** All pieces of the shared data as prints, each against each of another source. */
async function foreignPairs(
  quick: boolean,
  log: (line: string) => void,
): Promise<{ readonly pairs: Row[]; readonly pool: Pool }> {
  log("recovery: pairs of foreign prints");
  const marker = createMarker({ producer: { code: "BENCH" } });
  const photos = await photoFiles();
  const texts = await passages();
  const small = (await Promise.all(photos.map(async (p) => [p, ...(await tiles(p, 256)), ...(await tiles(p, 128))]))).flat();
  const heard = [...(await sounds(quick ? 2 : 6)), ...(await speech(texts, quick ? 10 : 80))];
  const counts = [await pairsApart(small, marker), await pairsApart(texts, marker), await pairsApart(heard, marker)];
  const pairs = counts.map(({ found, of, nearest, alg }) => ({
    name: `false_links_${alg}`,
    value: found,
    unit: "pairs",
    bound: "==0",
    note: `of ${of} foreign pairs, the nearest at ${nearest.toFixed(3)}, limit ${methods[alg]?.limit.toFixed(3)}`,
  }));
  return { pairs, pool: Object.fromEntries(counts.map(({ alg, seen }) => [alg, [...seen]])) };
}

/** The folder's pieces among all of the shared data and some of the folder's other collections. What is seen of them joins the pool. */
async function foreignRows(pool: Pool, quick: boolean, log: (line: string) => void): Promise<Row[]> {
  const folder = process.env.INKSEAL_BENCH_FOREIGN;
  if (folder === undefined) {
    log("recovery: no row wrong_links, for INKSEAL_BENCH_FOREIGN names no folder");
    return [];
  }
  const own = Object.values(pool).flat();
  log(`recovery: foreign pieces of ${folder}`);
  const found = await foreignLinks(own, folder, quick ? 0.01 : 1, log);
  for (const [alg, seen] of Object.entries(found.pool)) pool[alg]?.push(...seen);
  const told = (count: Readonly<Record<Kind, number>>): string =>
    `${count.pictures} pictures, ${count.texts} passages, ${count.sounds} pieces of sound`;
  return [
    {
      name: "wrong_links",
      value: found.links,
      unit: "items",
      bound: "==0",
      note: `by fingerprint: ${told(found.asked)} out of the folder, among ${own.length} pieces of the shared data and of other collections ${told(found.registered)}`,
    },
  ];
}

/** Every item against every item of another source, as prints: how many came within the limit, and the nearest. */
async function pairsApart(
  items: readonly Item[],
  marker: Marker,
): Promise<{ found: number; of: number; nearest: number; alg: string; seen: readonly Seen[] }> {
  const seen: { name: string; seen: Seen }[] = [];
  for (const { name, bytes } of items) {
    for (const one of await marker.look(bytes)) seen.push({ name, seen: one });
  }
  const alg = seen[0]?.seen.print.alg ?? "";
  const limit = methods[alg]?.limit ?? 0;
  const count = { found: 0, of: 0, nearest: 1, alg, seen: seen.map((one) => one.seen) };
  for (const a of seen)
    for (const b of seen) {
      if (a.name === b.name) continue;
      const distance = a.seen.probe.distance(b.seen.print.value);
      count.of++;
      if (distance <= limit) count.found++;
      count.nearest = Math.min(count.nearest, distance);
    }
  return count;
}
