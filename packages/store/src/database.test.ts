import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clusterTemplate, memoryDatabase, noPostgres, startPostgres, type TestPostgres, testDatabase } from "@inkseal/testkit";
import { afterAll, beforeAll, describe } from "vitest";
import { openDatabase } from "./index.ts";

testDatabase("PGlite in memory", memoryDatabase);

describe("on disk", () => {
  const folder = mkdtempSync(join(tmpdir(), "inkseal-db-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let serial = 0;
  testDatabase("PGlite on disk", () => openDatabase({ folder: join(folder, String(++serial)), template: clusterTemplate() }));
});

describe("on a server", () => {
  const missing = noPostgres();
  let server: TestPostgres | undefined;
  beforeAll(async () => {
    if (missing === undefined) server = await startPostgres();
  });
  afterAll(() => server?.stop());
  testDatabase("PostgreSQL", async () => openDatabase({ url: await server?.database() }), missing);
});
