import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Database, openDatabase } from "@inkseal/store";

/** Where test runs keep a fresh cluster, so that only the first pays for initdb. */
export const clusterTemplate = (): string => join(tmpdir(), `inkseal-pglite-18-${process.getuid?.() ?? 0}.tar`);

/** An empty database in memory: 0.8 s instead of 4 s. */
export const memoryDatabase = (): Promise<Database> => openDatabase({ template: clusterTemplate() });
