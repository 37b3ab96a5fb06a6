import { InksealError } from "@inkseal/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { concat, latin1 } from "./bytes.ts";
import { parseFlac, writeFlac } from "./flac.ts";
import { firstPackets, isFirstPage, oggPages, parseOgg, withSequence, writeOgg } from "./ogg.ts";
import { parseVorbisComment, vorbisValues, withVorbisField, writeVorbisComment } from "./vorbis-comment.ts";

const orBadFile = (run: () => void): void => {
  try {
    run();
  } catch (e) {
    expect(InksealError.is(e) && e.code).toBe("bad-file");
  }
};

test("packets of any length go into pages and come out again", () => {
  const lengths = fc.array(fc.oneof(fc.nat(600), fc.constantFrom(0, 254, 255, 256, 65_025, 65_026, 130_050)), {
    minLength: 1,
    maxLength: 5,
  });
  fc.assert(
    fc.property(lengths, (list) => {
      const packets = list.map((n, i) => new Uint8Array(n).fill(i + 1));
      const pages = parseOgg(writeOgg(oggPages(packets, 7, { sequence: 3, first: true, last: true })));
      const back = firstPackets(pages, 7, packets.length);
      expect(back?.packets.map((p) => p.length)).toEqual(list);
      expect(back?.pages).toBe(pages.length);
      expect(pages.map(isFirstPage).indexOf(true)).toBe(0);
    }),
    { numRuns: 40 },
  );
});

test("a page renumbered has a right checksum; a changed one has not", () => {
  const [page] = oggPages([latin1("hello")], 1);
  const bytes = writeOgg([withSequence(page!, 99)]);
  expect(parseOgg(bytes)[0]!.body).toEqual(latin1("hello"));
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const bad = bytes.slice();
      bad[at] = bad[at]! ^ flip;
      expect(() => parseOgg(bad)).toThrowError(expect.objectContaining({ code: "bad-file" }));
    }),
  );
  expect(() => parseOgg(bytes.slice(0, -1))).toThrowError(expect.objectContaining({ code: "bad-file" }));
});

test("headers that share a page with what follows are left alone", () => {
  const pages = oggPages([latin1("a"), latin1("b"), latin1("c")], 5, { first: true });
  expect(firstPackets(pages, 5, 2)).toBeUndefined();
  expect(firstPackets(pages, 5, 4)).toBeUndefined();
  expect(firstPackets(pages, 6, 1)).toBeUndefined();
});

test("comments: one field replaced, the rest byte for byte", () => {
  const comment = {
    vendor: latin1("me"),
    fields: [latin1("TITLE=x"), latin1("aigc=old"), Uint8Array.of(0xff)],
    rest: Uint8Array.of(1),
  };
  const out = parseVorbisComment(writeVorbisComment(withVorbisField(comment, "AIGC", "{}")));
  expect(out).toEqual({ ...comment, fields: [comment.fields[0], comment.fields[2], latin1("AIGC={}")] });
  expect(vorbisValues(out, "aigc")).toEqual(["{}"]);
});

test("arbitrary bytes give comments, blocks, pages or bad-file", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (junk) => {
      orBadFile(() => void parseVorbisComment(junk));
      orBadFile(() => void parseOgg(concat([latin1("OggS\0"), junk])));
      orBadFile(() => {
        const flac = parseFlac(concat([latin1("fLaC"), junk]));
        expect(writeFlac(flac)).toEqual(concat([latin1("fLaC"), junk]));
      });
    }),
  );
  const block = concat([latin1("fLaC\0\0\0\x02ab\x84\0\0\x01c"), latin1("frames")]);
  expect(parseFlac(block).blocks.map((b) => b.type)).toEqual([0, 4]);
  expect(writeFlac(parseFlac(block))).toEqual(block);
});
