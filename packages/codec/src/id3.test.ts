import { InksealError } from "@inkseal/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { concat, latin1, utf8 } from "./bytes.ts";
import {
  type Id3File,
  type Id3Frame,
  id3Object,
  id3Objects,
  id3Private,
  id3Privates,
  id3Text,
  id3Texts,
  parseId3,
  withId3Frame,
  writeId3,
} from "./id3.ts";

const sound = Uint8Array.of(0xff, 0xfb, 0x50, 0xc4, 1, 2, 3);
const frame = (id: string, data: Uint8Array, flags = 0): Id3Frame => ({ id, flags, data, offset: 0 });

test.each([3, 4] as const)("version %i: frames of any length come back, with their places", (version) => {
  const frames = fc.array(fc.tuple(fc.stringMatching(/^[A-Z0-9]{4}$/), fc.uint8Array({ maxLength: 300 })), { maxLength: 8 });
  fc.assert(
    fc.property(frames, (list) => {
      const file: Id3File = { tag: { version, frames: list.map(([id, data]) => frame(id, data)) }, sound };
      const bytes = writeId3(file);
      const again = parseId3(bytes);
      expect(again.tag?.frames.map((f) => [f.id, f.data])).toEqual(list);
      for (const f of again.tag?.frames ?? []) expect(bytes.subarray(f.offset, f.offset + f.data.length)).toEqual(f.data);
      expect(again.sound).toEqual(sound);
      expect(writeId3(again)).toEqual(bytes);
    }),
  );
});

test("texts, private data and objects are read by their names", () => {
  let file: Id3File = { tag: undefined, sound };
  for (const f of [
    id3Text("AIGC", "{}"),
    id3Text("other", "x"),
    id3Private("XMP", utf8("<x/>")),
    id3Object("application/c2pa", "c2pa", "d", latin1("store")),
  ])
    file = withId3Frame(file, f, () => false);
  const bytes = writeId3(file);
  const { tag } = parseId3(bytes);
  expect(id3Texts(tag!, "AIGC")).toEqual(["{}"]);
  expect(id3Privates(tag!, "XMP")).toEqual([utf8("<x/>")]);
  const [object] = id3Objects(tag!);
  expect(object).toMatchObject({ mediaType: "application/c2pa", data: latin1("store") });
  expect(bytes.subarray(object!.offset, object!.offset! + 5)).toEqual(latin1("store"));
});

test("text in each of the four encodings", () => {
  const little = (text: string) =>
    concat([Uint8Array.of(0xff, 0xfe), new Uint8Array(Uint16Array.from(text, (c) => c.charCodeAt(0)).buffer)]);
  const wide = concat([Uint8Array.of(1), little("AIGC"), Uint8Array.of(0, 0), little("é\0")]);
  const big = concat([Uint8Array.of(2), ...Array.from("AIGC\0é", (c) => Uint8Array.of(0, c.charCodeAt(0)))]);
  for (const data of [wide, big, latin1("\0AIGC\0é"), utf8("\x03AIGC\0é")])
    expect(id3Texts({ version: 4, frames: [frame("TXXX", data)] }, "AIGC")).toEqual(["é"]);
});

test("unsynchronised tags are read, and objects in them have no place of their own", () => {
  const body = concat([latin1("GEOB\0\0\0\x0e\0\0\0a/b\0n\0d\0"), Uint8Array.of(0xff, 0, 0xfb, 0xff, 0, 0), latin1("z")]);
  const bytes = concat([latin1("ID3\x03\0\x80\0\0\0"), Uint8Array.of(body.length), body, sound]);
  const { tag } = parseId3(bytes);
  expect(id3Objects(tag!)).toMatchObject([{ data: Uint8Array.of(0xff, 0xfb, 0xff, 0, 0x7a), offset: undefined }]);
  // version 4 says so frame by frame
  const own = frame("PRIV", concat([latin1("XMP\0"), Uint8Array.of(0xff, 0, 0xe0)]), 2);
  expect(id3Privates({ version: 4, frames: [own] }, "XMP")).toEqual([Uint8Array.of(0xff, 0xe0)]);
  expect(id3Privates({ version: 4, frames: [{ ...own, flags: 8 }] }, "XMP")).toEqual([]);
});

test("arbitrary bytes behind ID3 give a tag or bad-file", () => {
  fc.assert(
    fc.property(fc.constantFrom(2, 3, 4), fc.nat(255), fc.uint8Array({ maxLength: 90 }), (version, flags, junk) => {
      try {
        const size = Uint8Array.of(0, 0, 0, Math.min(junk.length, 60));
        const { tag } = parseId3(
          concat([latin1("ID3"), Uint8Array.of(version, 0, flags), size, latin1("GEOB\0\0\0\x09\0\0"), junk]),
        );
        id3Objects(tag!);
        id3Texts(tag!, "AIGC");
      } catch (e) {
        expect(InksealError.is(e) && e.code).toBe("bad-file");
      }
    }),
  );
});
