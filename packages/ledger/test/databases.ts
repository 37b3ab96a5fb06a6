import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Database, openDatabase } from "@inkseal/store";
import { clusterTemplate, memoryDatabase, noPostgres, startPostgres, type TestPostgres } from "@inkseal/testkit";
import { afterAll, beforeAll, describe } from "vitest";

/** The same tests on both databases: `open` gives a new, empty one and closes it at the end. */
export function onBothDatabases(tests: (open: () => Promise<Database>, again?: () => Promise<Database>) => void): void {
  const opened: Database[] = [];
  const keep = async (db: Promise<Database>) => {
    opened.push(await db);
    return db;
  };
  afterAll(async () => void (await Promise.all(opened.map((db) => db.close()))));
  describe("on PGlite in memory", () => tests(() => keep(memoryDatabase())));
  describe("on PGlite on disk", () => {
    const folder = mkdtempSync(join(tmpdir(), "inkseal-ledger-"));
    afterAll(async () => {
      await Promise.all(opened.splice(0).map((db) => db.close()));
      rmSync(folder, { recursive: true, force: true });
    });
    let serial = 0;
    tests(() => keep(openDatabase({ folder: join(folder, String(++serial)), template: clusterTemplate() })));
  });
  const missing = noPostgres();
  describe.skipIf(missing !== undefined)(`on PostgreSQL${missing ? ` (${missing})` : ""}`, () => {
    let server: TestPostgres;
    let url = "";
    beforeAll(async () => {
      server = await startPostgres();
    });
    afterAll(async () => {
      await Promise.all(opened.splice(0).map((db) => db.close()));
      await server?.stop();
    });
    const open = async () => {
      url = await server.database();
      return keep(openDatabase({ url }));
    };
    tests(open, () => keep(openDatabase({ url })));
  });
}
