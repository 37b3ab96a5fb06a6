// Appends from 8 callers at once and prints each run once its row was acknowledged, until it is killed (sigkill.test.ts).
import { writeSync } from "node:fs";
import { openBlobs, openDatabase } from "@inkseal/store";
import { openLedger } from "../src/index.ts";
import { record, testClock } from "./record.ts";

const [, , place = "", first = "0"] = process.argv;
const database = await openDatabase(place.startsWith("postgres:") ? { url: place } : { folder: place });
const ledger = await openLedger({ database, blobs: await openBlobs(), clock: testClock() });
let n = Number(first);
const caller = async () => {
  for (;;) {
    const { run } = await ledger.append(record(n++));
    writeSync(1, `${run}\n`);
  }
};
await Promise.all(Array.from({ length: 8 }, caller));
