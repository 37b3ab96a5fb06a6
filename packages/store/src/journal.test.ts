import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, it, vi } from "vitest";
import { openJournal } from "./journal.ts";

const home = mkdtempSync(join(tmpdir(), "inkseal-journal-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));
let serial = 0;
const fresh = (): string => join(home, String(++serial));
const keptIn = async (folder: string): Promise<readonly string[]> => {
  const journal = await openJournal(folder);
  await journal.close();
  return journal.kept;
};

it("keeps lines in order over openings, and forgets a file that is cleared", async () => {
  const folder = fresh();
  const journal = await openJournal(folder);
  expect(journal.kept).toEqual([]);
  await journal.append(["1 一", "2 🖋"]);
  const clear = await journal.turn();
  await journal.append(["3"]);
  expect(await keptIn(folder)).toEqual(["1 一", "2 🖋", "3"]);
  await clear();
  expect(await keptIn(folder)).toEqual(["3"]);
  await (await journal.turn())();
  await journal.append(["4"]);
  await journal.close();
  expect(await keptIn(folder)).toEqual(["4"]);
});

it("turns only after the appends before it, so that clearing takes nothing newer", async () => {
  const folder = fresh();
  const journal = await openJournal(folder);
  const [, clear] = await Promise.all([journal.append(["old"]), journal.turn(), journal.append(["new"])]);
  await clear();
  await journal.close();
  expect(await keptIn(folder)).toEqual(["new"]);
});

it("has every acknowledged line after a crash at any byte of the next append, and goes on behind it", async () => {
  const line = fc.string({ unit: "binary", maxLength: 20 }).map((s) => s.replace(/[\n\p{Cs}]/gu, ""));
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1 }), fc.array(line, { minLength: 1 }), fc.nat(), async (told, torn, cut) => {
      const folder = fresh();
      const journal = await openJournal(folder);
      await journal.append(told);
      const safe = readFileSync(join(folder, "even.log")).length;
      await journal.append(torn);
      await journal.close();
      const whole = readFileSync(join(folder, "even.log")).length;
      truncateSync(join(folder, "even.log"), safe + (cut % (whole - safe)));
      const again = await openJournal(folder);
      expect(again.kept.slice(0, told.length)).toEqual(told);
      expect(torn.slice(0, again.kept.length - told.length)).toEqual(again.kept.slice(told.length));
      await again.append(["after"]);
      await again.close();
      expect(await keptIn(folder)).toEqual([...again.kept, "after"]);
    }),
    { numRuns: 60 },
  );
});

it("refuses an append once closed, and leaves an unfinished line of a crash out", async () => {
  const folder = fresh();
  const journal = await openJournal(folder);
  await journal.append(["kept"]);
  await journal.close();
  await expect(journal.append(["lost"])).rejects.toThrow();
  writeFileSync(join(folder, "odd.log"), "no end of line");
  expect(await keptIn(folder)).toEqual(["kept"]);
});

it("leaves nothing of an append that failed half-way", async () => {
  const folder = fresh();
  const journal = await openJournal(folder);
  await journal.append(["kept"]);
  const prototype = Object.getPrototypeOf(await open(join(folder, "odd.log")).then((f) => f.close().then(() => f)));
  const full = vi.spyOn(prototype, "datasync").mockRejectedValueOnce(new Error("ENOSPC"));
  await expect(journal.append(["lost"])).rejects.toThrow("ENOSPC");
  full.mockRestore();
  await journal.append(["next"]);
  await journal.close();
  expect(await keptIn(folder)).toEqual(["kept", "next"]);
});
