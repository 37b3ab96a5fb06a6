import { InksealError } from "@inkseal/core";
import fc from "fast-check";
import sharp from "sharp";
import { beforeAll, expect, test } from "vitest";
import { bmffAt, bmffBox, bmffData, bmffUuid, bmffUuidBox, parseBmff, uint32be } from "./bmff.ts";
import { editBmff, everyBox, parseIloc } from "./bmff-edit.ts";
import { concat, latin1, utf8 } from "./bytes.ts";

const full = (type: string, ...parts: Uint8Array[]) => bmffBox(type, uint32be(0), ...parts);
const ftyp = bmffBox("ftyp", latin1("isom"), uint32be(0));
/** A film of three chunks: offsets of both widths, and a fragment with a base and an index. */
function film(): Uint8Array {
  const build = (at: number) => {
    const stbl = bmffBox("stbl", full("stco", uint32be(2, at, at + 4)), full("co64", uint32be(1, 0, at + 8)));
    const moov = bmffBox("moov", bmffBox("trak", bmffBox("mdia", bmffBox("minf", stbl))));
    const moof = bmffBox("moof", bmffBox("traf", bmffBox("tfhd", uint32be(1, 1, 0, at))));
    const tfra = full("tfra", uint32be(1, 0, 1, 7, at), Uint8Array.of(1, 1, 1));
    return concat([ftyp, moov, moof, bmffBox("mdat", latin1("aaaabbbbcccc")), bmffBox("mfra", tfra)]);
  };
  const mdat = parseBmff(build(0)).find((b) => b.type === "mdat")!;
  return build(mdat.offset + mdat.header);
}
/** What every absolute offset of the film leads to. */
function chunks(file: Uint8Array): string[] {
  const boxes = parseBmff(file);
  const numbers = (path: string, at: number, width: 4 | 8) =>
    bmffAt(boxes, path).map((b) => {
      const view = new DataView(file.buffer, file.byteOffset + b.offset + b.header + at);
      return width === 4 ? view.getUint32(0) : Number(view.getBigUint64(0));
    });
  const stco = "/moov/trak/mdia/minf/stbl/stco";
  return [
    ...numbers(stco, 8, 4),
    ...numbers(stco, 12, 4),
    ...numbers(stco.replace("stco", "co64"), 8, 8),
    ...numbers("/moof/traf/tfhd", 8, 8),
    ...numbers("/mfra/tfra", 20, 4),
  ].map((o) => new TextDecoder().decode(file.subarray(o, o + 4)));
}
let avif: Uint8Array;
beforeAll(async () => {
  const raw = { width: 32, height: 24, channels: 3 as const };
  avif = new Uint8Array(
    await sharp(new Uint8Array(32 * 24 * 3).fill(90), { raw })
      .avif({ effort: 0 })
      .toBuffer(),
  );
});

test("offsets lead to the same bytes, wherever boxes are put in", () => {
  const file = film();
  expect(chunks(file)).toEqual(["aaaa", "bbbb", "cccc", "aaaa", "aaaa"]);
  const places = parseBmff(file)
    .map((b) => b.offset)
    .slice(1);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...places), fc.nat(50))), (list) => {
      const edits = list.map(([at, n]) => ({ at, remove: 0, insert: bmffBox("free", new Uint8Array(n)) }));
      const out = editBmff(file, parseBmff(file), edits);
      expect(chunks(out)).toEqual(chunks(file));
      expect(parseBmff(out).length).toBe(parseBmff(file).length + list.length);
    }),
  );
});

test("a box put in at the end of another makes it and those around it grow", () => {
  const file = film();
  const boxes = parseBmff(file);
  const [moov, trak] = [bmffAt(boxes, "/moov")[0]!, bmffAt(boxes, "/moov/trak")[0]!];
  const insert = bmffBox("udta", latin1("\0\0\0\0"));
  const inMoov = editBmff(file, boxes, [{ at: moov.offset + moov.size, remove: 0, insert }], { grows: [moov] });
  expect(bmffAt(parseBmff(inMoov), "/moov/udta").length).toBe(1);
  const inTrak = editBmff(file, boxes, [{ at: trak.offset + trak.size, remove: 0, insert }], { grows: [moov, trak] });
  expect(bmffAt(parseBmff(inTrak), "/moov/trak/udta").length).toBe(1);
  for (const out of [inMoov, inTrak]) expect(chunks(out)).toEqual(chunks(file));
  const back = parseBmff(inMoov);
  const udta = bmffAt(back, "/moov/udta")[0]!;
  expect(editBmff(inMoov, back, [{ at: udta.offset, remove: udta.size, insert: new Uint8Array(0) }])).toEqual(file);
});

test("items of a picture stay where their locations say", () => {
  const items = (file: Uint8Array) => {
    const iloc = bmffAt(parseBmff(file), "/meta/iloc")[0]!;
    return parseIloc(file, iloc).items.map((i) =>
      i.extents.map((e) => Buffer.from(file.subarray(e.start, e.start + e.length.value)).toString("hex")),
    );
  };
  const boxes = parseBmff(avif);
  const out = editBmff(avif, boxes, [{ at: boxes[1]!.offset, remove: 0, insert: bmffUuidBox("00".repeat(16), utf8("x")) }]);
  expect(items(out)).toEqual(items(avif));
  expect(bmffUuid(out, parseBmff(out)[1]!)).toBe("00".repeat(16));
  expect(bmffData(out, parseBmff(out)[1]!)).toEqual(utf8("x"));
});

test("large sizes, open ends and user data's terminator are read", () => {
  const large = concat([ftyp, uint32be(1), latin1("mdat"), uint32be(0, 20), latin1("data")]);
  expect(parseBmff(large)[1]).toMatchObject({ header: 16, size: 20 });
  expect(parseBmff(concat([ftyp, uint32be(0), latin1("mdat"), latin1("to the end")]))[1]!.size).toBe(18);
  const udta = concat([ftyp, bmffBox("moov", bmffBox("udta", bmffBox("name"), uint32be(0)))]);
  expect(bmffAt(parseBmff(udta), "/moov/udta")[0]!.children.map((c) => c.type)).toEqual(["name"]);
});

test("cut or changed anywhere, it parses, edits, or is bad-file", () => {
  const seeds = [film(), avif];
  fc.assert(
    fc.property(fc.constantFrom(...seeds), fc.nat(700), fc.nat(400), fc.nat(255), (seed, cut, at, value) => {
      const bad = seed.slice(0, cut);
      if (at < bad.length) bad[at] = value;
      try {
        const boxes = parseBmff(bad);
        editBmff(bad, boxes, [{ at: boxes[0]!.size, remove: 0, insert: bmffBox("free") }]);
        expect(everyBox(boxes).length).toBeGreaterThan(0);
      } catch (e) {
        expect(InksealError.is(e) && e.code).toBe("bad-file");
      }
    }),
    { numRuns: 500 },
  );
});
