// Verify a file from a program, with Inkseal's own typed client.
//
//   npx inkseal serve &
//   npx tsx examples/verify-in-node.ts hello.wav
import { readFile } from "node:fs/promises";
import { createClient } from "@inkseal/client";

const [file = "hello.wav"] = process.argv.slice(2);
const inkseal = createClient({
  baseUrl: process.env.INKSEAL_URL ?? "http://127.0.0.1:8787",
  key: process.env.INKSEAL_KEY, // needed once `inkseal keys create` has made one
});

const report = await inkseal.verify(await readFile(file));
console.log(`${file}: ${report.verdict}`);
for (const layer of report.layers) console.log(`  ${layer.layer}  ${layer.status}  ${layer.detail}`);
if (report.row) console.log(`  made by ${report.row.engine}/${report.row.model} at ${report.row.at}, run ${report.row.run}`);
