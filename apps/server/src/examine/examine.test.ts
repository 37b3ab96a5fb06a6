import { deflateSync } from "node:zlib";
import { createMarker, type Marker } from "@inkseal/mark";
import { afterAll, expect, test, vi } from "vitest";
import { readingApart } from "./apart.ts";
import { Examiner } from "./examiner.ts";

// processes are started: seconds, on a busy machine a minute
vi.setConfig({ testTimeout: 240_000 });

const MiB = 1024 * 1024;
const reading = { producer: { code: "INKSEAL" }, watermarkKey: new Uint8Array(32).fill(4) };
const marker: Marker = createMarker(reading);
const roomy = { processes: 1, waiting: 1, timeMs: 300_000, memory: 1500 * MiB, idleMs: 60_000 };
const examiner = new Examiner(reading, roomy);
afterAll(() => examiner.close());

const crcTable = Int32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});
function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const crc = body.reduce((c, b) => crcTable[(c ^ b) & 255]! ^ (c >>> 8), -1) ^ -1;
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length);
  body.copy(out, 4);
  out.writeInt32BE(crc, body.length + 4);
  return out;
}
/** A grey square: a few kilobytes that unpack to side × side pixels. */
function square(side: number): Uint8Array {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  head.set([8, 6], 8);
  const data = deflateSync(Buffer.alloc(side * (4 * side + 1), 0), { level: 9 });
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  const parts = [signature, chunk("IHDR", head), chunk("IDAT", data), chunk("IEND", new Uint8Array(0))];
  return new Uint8Array(Buffer.concat(parts));
}
const text = new TextEncoder().encode(Array.from({ length: 60 }, (_, i) => `word${i * i}`).join(" "));

test("says the same as reading here, of a picture and of a text, and a probe arrives whole", async () => {
  const apart = readingApart(marker, examiner);
  for (const bytes of [square(64), text]) expect(await apart.read(bytes)).toEqual(await marker.read(bytes));
  const [[there], [here]] = [await apart.look(text), await marker.look(text)];
  expect(there?.print).toEqual(here?.print);
  expect(there?.probe.keys).toEqual(here?.probe.keys);
  expect(there?.probe.distance(here!.print.value)).toBe(0);
  const tokens = async () => [{ engine: "e", models: ["m"], ids: [1, 2, 3] }];
  expect(await apart.readWords(text, tokens)).toMatchObject({ layer: "watermark", status: "absent" });
});

test("a bomb ends its process and is unexamined; the next file is read by a new one", async () => {
  const bomb = square(7000); // 190 kB, 196 MB unpacked
  expect(bomb.length).toBeLessThan(400_000);
  const tight = new Examiner(reading, { ...roomy, memory: 260 * MiB });
  const apart = readingApart(marker, tight);
  expect(await apart.read(bomb)).toEqual({ mediaType: "image/png", layers: [], labelClass: 0, unexamined: "memory" });
  expect((await apart.read(text)).mediaType).toBe("text/plain");
  tight.close();
});

test("one that takes too long likewise; too many at once are told to come again; nothing after the end", async () => {
  const hasty = new Examiner(reading, { ...roomy, timeMs: 1 });
  const apart = readingApart(marker, hasty);
  const [first, second, third] = await Promise.allSettled([
    apart.read(square(3000)),
    apart.look(square(3000)),
    apart.read(text),
  ]);
  expect(first).toMatchObject({ value: { unexamined: "time" } });
  expect(second).toMatchObject({ status: "fulfilled", value: [] });
  expect(third).toMatchObject({ reason: { code: "overloaded" } });
  hasty.close();
  await expect(apart.read(text)).rejects.toMatchObject({ code: "shutting-down" });
});
