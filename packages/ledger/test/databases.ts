import { type Database, openDatabase } from "@inkseal/store";
import { memoryDatabase, noPostgres, startPostgres, type TestPostgres } from "@inkseal/testkit";
import { afterAll, beforeAll, describe } from "vitest";

/** The same tests on both databases: `open` gives a new, empty one and closes it at the end. */
export function onBothDatabases(tests: (open: () => Promise<Database>, again?: () => Promise<Database>) => void): void {
  const opened: Database[] = [];
  const keep = async (db: Promise<Database>) => {
    opened.push(await db);
    return db;
  };
  afterAll(async () => void (await Promise.all(opened.map((db) => db.close()))));
  describe("on PGlite", () => tests(() => keep(memoryDatabase())));
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
