// Appends from 8 callers at once and prints each run once its row was acknowledged, until it is killed (sigkill.test.ts).
import { once } from "node:events";
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
    // a reader that is late fills the pipe, and what is not written is not acknowledged
    if (!process.stdout.write(`${run}\n`)) await once(process.stdout, "drain");
  }
};
await Promise.all(Array.from({ length: 8 }, caller));
