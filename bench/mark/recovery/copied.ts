import { resembling, verify } from "@inkseal/pipeline";
import type { Row } from "../../run.ts";
import { type Copy, documentCopies, filmCopies, pictureCopies, soundCopies, textCopies } from "./copies.ts";
import { house, seal } from "./house.ts";
import { documentsOf, filmFiles, type Item, passages, photoFiles, sounds, tiles } from "./items.ts";

interface Entry {
  right: number;
  wrong: number;
  of: number;
  readonly by: Record<string, number>;
}

interface CopyOptions {
  readonly quick: boolean;
  log(line: string): void;
  /** Whether a kind, or `copies`, is measured. */
  wanted(part: string): boolean;
}

/** Sealed pieces, their copies, and foreign items, each by every means that verify has. */
export async function copyRows({ quick, log, wanted }: CopyOptions): Promise<readonly Row[]> {
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
  /** The items of a kind that is measured. */
  const those = <T>(part: string, items: readonly T[]): readonly T[] => {
    if (!wanted("copies") && !wanted(part)) return [];
    log(`recovery: ${part}`);
    return items;
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
    for (const item of those("pictures", sealedPhotos)) {
      const { run: id, bytes } = await seal(item, marker, ledger);
      await judge("picture", await pictureCopies(bytes, item.name), id);
    }
    const films = those("films", [quick ? 2 : 6]);
    for (const item of films[0] === undefined ? [] : await filmFiles(films[0])) {
      const { run: id, bytes } = await seal(item, marker, ledger);
      await judge("film", await filmCopies(bytes), id);
    }
    const vocabulary = new TextDecoder().decode(texts[5]?.bytes).split(" ");
    for (const item of those("texts", sealedTexts)) {
      const { run: id, bytes } = await seal(item, marker, ledger);
      await judge("text", textCopies(bytes, item.name, vocabulary), id);
    }
    const written = texts.filter((_, n) => n % 10 === 5).slice(0, quick ? 4 : 40);
    for (const [i, item] of those("documents", written).entries()) {
      const file = documentsOf(item)[i % 2] as Item;
      const { run: id, bytes } = await seal(file, marker, ledger);
      await judge(i % 2 === 0 ? "page" : "document", documentCopies(bytes, item.name, vocabulary), id);
    }
    for (const item of those("sounds", sealedSounds)) {
      const { run: id, bytes } = await seal(item, marker, ledger);
      await judge("sound", await soundCopies(bytes), id);
    }
    const foreign = [
      ...(await Promise.all(photos.filter((_, i) => i % 2 === 1).map((p) => tiles(p, 256)))).flat().slice(0, quick ? 6 : 36),
      ...photos.filter((_, i) => i % 2 === 1),
      ...texts.filter((_, i) => i % 10 !== 0 && i % 10 !== 5).slice(0, quick ? 50 : 600),
      ...audio.filter((a) => sources.indexOf(a.name) % 2 === 1),
    ];
    const strangers = those("strangers", foreign);
    let wrong = 0;
    for (const { bytes, name, mediaType } of strangers) {
      const report = await verify(bytes, { marker, ledger });
      if (report.row !== undefined || report.verdict === "recognised") {
        wrong++;
        log(`wrong link: ${mediaType} ${name}: ${report.rowBy}, ${report.resembles[0]?.distance}`);
      }
    }
    const entries = [...tally].filter(([kind]) => !kind.endsWith("alone"));
    const sum = (key: "right" | "wrong" | "of") => entries.reduce((n, [, e]) => n + e[key], 0);
    return [
      {
        name: "recovery",
        value: sum("right") / Math.max(1, sum("of")),
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
        name: "wrong_links_by_every_means",
        value: wrong + [...tally.values()].reduce((n, e) => n + e.wrong, 0),
        unit: "items",
        bound: "==0",
        note: `${strangers.length} foreign items, and every copy above`,
      },
    ];
  } finally {
    await close();
  }
}
