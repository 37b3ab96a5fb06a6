// Writes rows one by one and prints each number once its insert was answered, until it is killed (pglite.test.ts).
import { writeSync } from "node:fs";
import { openDatabase } from "@inkseal/store";

const db = await openDatabase({ folder: process.argv[2] });
await db.exec("create table if not exists t (a int)");
for (let a = 0; ; a++) {
  await db.query("insert into t values ($1)", [a]);
  writeSync(1, `${a}\n`);
}
