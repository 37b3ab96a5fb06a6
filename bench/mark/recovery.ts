/**
 * Whether verify finds the ledger's row after every bit of metadata was stripped, whether it ever finds a wrong one, and how long a look-up takes
 * among a million. Copies are made by libvips, ffmpeg and string operations: by nothing of ours. Rows `recovery`, `wrong_links`, `lookup_p95_ms`,
 * and the parts of which they are made. `INKSEAL_BENCH_FOREIGN` names a folder of foreign pieces (see `recovery/foreign.ts`).
 */
import { type Marker, methods, type Seen } from "@inkseal/mark";
import { resembling, verify } from "@inkseal/pipeline";
import type { Row } from "../run.ts";
import { type Copy, documentCopies, filmCopies, pictureCopies, soundCopies, textCopies } from "./recovery/copies.ts";
import { foreignLinks } from "./recovery/foreign.ts";
import { house, seal } from "./recovery/house.ts";
import { documentsOf, filmFiles, type Item, passages, photoFiles, sounds, speech, tiles } from "./recovery/items.ts";
import { registryRows } from "./recovery/registry.ts";

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

interface Entry {
  right: number;
  wrong: number;
  of: number;
  readonly by: Record<string, number>;
}

export async function recoveryRows({
  quick,
  log,
}: {
  readonly quick: boolean;
  log(line: string): void;
}): Promise<readonly Row[]> {
  const { marker, ledger, close } = await house();
  const tally = new Map<string, Entry>();
  const count = (kind: string): Entry => {
    const entry = tally.get(kind) ?? { right: 0, wrong: 0, of: 0, by: {} };
    tally.set(kind, entry);
    return entry;
  };
  /** A copy of a sealed piece, by verify and by its likeness alone. */
  const judge = async (kind: string, copies: readonly Copy[], sealed: string): Promise<void> => {
    for (const [name, bytes] of copies) {
      const report = await verify(bytes, { marker, ledger });
      const entry = count(`${kind} ${name}`);
      entry.of++;
      // to the run, and to the manifest that was signed for it
      const named = report.history.some(({ run, proven }) => run === sealed && proven);
      if (report.row?.run === sealed && named) entry.right++;
      else if (report.row !== undefined) entry.wrong++;
      if (report.row?.run !== sealed || !named) log(`lost: ${kind} ${name}: ${report.row?.run ?? "no row"} for ${sealed}`);
      entry.by[report.rowBy ?? "none"] = (entry.by[report.rowBy ?? "none"] ?? 0) + 1;
      const seen = await marker.look(bytes);
      const [nearest] = await resembling(
        seen.map(({ probe }) => probe),
        ledger,
      );
      const alone = count(`${kind} fingerprint alone`);
      alone.of++;
      if (nearest?.run === sealed) alone.right++;
      else if (nearest !== undefined) alone.wrong++;
    }
  };
  try {
    const photos = await photoFiles();
    const texts = await passages();
    const audio = await sounds(quick ? 2 : 6);
    // every second source is sealed, the others are foreign
    const sealedPhotos = photos.filter((_, i) => i % 2 === 0).slice(0, quick ? 3 : 6);
    const sealedTexts = texts.filter((_, i) => i % 10 === 0).slice(0, quick ? 20 : 60);
    const sources = [...new Set(audio.map((a) => a.name))];
    const sealedSounds = audio.filter((a) => sources.indexOf(a.name) % 2 === 0);
    log("recovery: pictures");
    for (const item of sealedPhotos) {
      const { run: id, bytes } = await seal(item, marker, ledger);
      await judge("picture", await pictureCopies(bytes, item.name), id);
    }
    log("recovery: films");
    for (const item of await filmFiles(quick ? 2 : 6)) {
      const { run: id, bytes } = await seal(item, marker, ledger);
      await judge("film", await filmCopies(bytes), id);
    }
    log("recovery: texts");
    const vocabulary = new TextDecoder().decode(texts[5]?.bytes).split(" ");
    for (const item of sealedTexts) {
      const { run: id, bytes } = await seal(item, marker, ledger);
      await judge("text", textCopies(bytes, item.name, vocabulary), id);
    }
    for (const [i, item] of texts
      .filter((_, n) => n % 10 === 5)
      .slice(0, quick ? 4 : 40)
      .entries()) {
      const file = documentsOf(item)[i % 2] as Item;
      const { run: id, bytes } = await seal(file, marker, ledger);
      await judge(i % 2 === 0 ? "page" : "document", documentCopies(bytes, item.name, vocabulary), id);
    }
    log("recovery: sounds");
    for (const item of sealedSounds) {
      const { run: id, bytes } = await seal(item, marker, ledger);
      await judge("sound", await soundCopies(bytes), id);
    }
    log("recovery: foreign items, by every means");
    const foreign = [
      ...(await Promise.all(photos.filter((_, i) => i % 2 === 1).map((p) => tiles(p, 256)))).flat().slice(0, quick ? 6 : 36),
      ...photos.filter((_, i) => i % 2 === 1),
      ...texts.filter((_, i) => i % 10 !== 0 && i % 10 !== 5).slice(0, quick ? 50 : 600),
      ...audio.filter((a) => sources.indexOf(a.name) % 2 === 1),
    ];
    let wrong = 0;
    for (const { bytes, name, mediaType } of foreign) {
      const report = await verify(bytes, { marker, ledger });
      if (report.row !== undefined || report.verdict === "recognised") {
        wrong++;
        log(`wrong link: ${mediaType} ${name}: ${report.rowBy}, ${report.resembles[0]?.distance}`);
      }
    }
    log("recovery: pairs of foreign prints");
    const small = (await Promise.all(photos.map(async (p) => [p, ...(await tiles(p, 256)), ...(await tiles(p, 128))]))).flat();
    const pairs = [
      await pairsApart(small, marker),
      await pairsApart(texts, marker),
      await pairsApart([...audio, ...(await speech(texts, quick ? 10 : 80))], marker),
    ];
    const folder = process.env.INKSEAL_BENCH_FOREIGN;
    log(folder === undefined ? "recovery: no folder of foreign pieces" : "recovery: foreign pieces of the folder");
    const many = folder === undefined ? undefined : await foreignLinks(ledger, folder, quick ? 0.01 : 1, log);
    const pool = Object.fromEntries(pairs.map(({ alg, seen }) => [alg, [...(many?.pool[alg] ?? []), ...seen]]));
    const entries = [...tally].filter(([kind]) => !kind.endsWith("alone"));
    const sum = (key: "right" | "wrong" | "of") => entries.reduce((n, [, e]) => n + e[key], 0);
    const told = ({ pictures, texts: passages, sounds: heard }: Readonly<Record<"pictures" | "texts" | "sounds", number>>) =>
      `${pictures} pictures, ${passages} passages and ${heard} pieces of sound`;
    return [
      {
        name: "recovery",
        value: sum("right") / sum("of"),
        unit: "share",
        bound: ">=0.95",
        note: `${sum("right")} of ${sum("of")} stripped copies lead to their row and its signed manifest`,
      },
      ...[...tally].map(([kind, e]) => ({
        name: `recovery_${kind.replaceAll(" ", "_")}`,
        value: e.right / e.of,
        unit: "share",
        note: `${e.of} copies, ${e.wrong} wrong${Object.entries(e.by)
          .map(([by, n]) => `, ${n} by ${by}`)
          .join("")}`,
      })),
      {
        name: "wrong_links",
        value: wrong + (many?.links ?? 0) + [...tally.values()].reduce((n, e) => n + e.wrong, 0),
        unit: "items",
        bound: "==0",
        note: `${foreign.length} foreign items by every means, every copy above${
          many === undefined
            ? "; no folder of more (INKSEAL_BENCH_FOREIGN)"
            : `, and by fingerprint, out of a folder, ${told(many.asked)}, asked among all that is sealed and ${told(many.registered)} of other collections`
        }`,
      },
      ...pairs.map(({ found, of, nearest, alg }) => ({
        name: `false_links_${alg}`,
        value: found,
        unit: "pairs",
        bound: "==0",
        note: `of ${of} foreign pairs, the nearest at ${nearest.toFixed(3)}, limit ${methods[alg]?.limit.toFixed(3)}`,
      })),
      ...(await registryRows(pool, quick, log)),
    ];
  } finally {
    await close();
  }
}
