/** How often something is read in pictures that nobody marked. */
import { randomInt } from "node:crypto";
import { detectImage, detectUpright } from "@inkseal/mark";
import type { Row } from "../run.ts";
import { freshKey } from "./keys.ts";
import { strangers } from "./pictures.ts";

/** Keys a picture, and how many of them are asked together: without a search, and with. */
const each = 500;
const straight = 100;
const whole = 10;

/**
 * `count` pairs of picture and key are read as the picture lies, in all eight ways, which is the detector's first part; then the same pictures
 * are searched with fresh keys, until `seconds` of processor time are gone.
 */
export async function falseAlarms(count: number, seconds: number, log: (line: string) => void): Promise<Row> {
  const pictures = await strangers(Math.ceil(count / each));
  const keys = (n: number): Uint8Array[] => Array.from({ length: n }, freshKey);
  let found = 0;
  for (const { raster } of pictures)
    for (let n = 0; n < each; n += straight) if (detectUpright(raster, ...keys(straight)) !== undefined) found++;
  log(`image_fp: ${found} in ${pictures.length * each} readings`);
  const start = process.cpuUsage();
  let searches = 0;
  const spent = (): number => {
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1e6;
  };
  for (let at = randomInt(pictures.length); spent() < seconds; at++, searches += whole)
    if (detectImage(pictures[at % pictures.length]!.raster, ...keys(whole)) !== undefined) found++;
  return {
    name: "image_fp",
    value: found,
    unit: "",
    bound: "==0",
    note: `of ${pictures.length * each} pairs of key and unmarked picture (${pictures.length} pictures) read without a search, ${straight} keys at once, and of ${searches} searched whole, 13 decodings each, ${whole} keys at once; at most 1e-9 for each picture by analysis`,
  };
}
