import { InksealError } from "@inkseal/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { concat, latin1 } from "./bytes.ts";
import { ebmlElement, ebmlElements, matroskaIds as ids, matroskaTags, parseMatroska, withMatroskaTags } from "./matroska.ts";

const simple = (name: string, value: string) =>
  ebmlElement(
    ids.simpleTag,
    concat([ebmlElement(ids.tagName, latin1(name), 1), ebmlElement(ids.tagString, latin1(value), 1)]),
    2,
  );
const tags = ebmlElement(ids.tags, ebmlElement(ids.tag, concat([simple("TITLE", "x"), simple("AIGC", "old")]), 2), 2);
const cluster = ebmlElement(0x1f43b675, latin1("frames"), 1);
const seekHead = (position: number) => {
  const seek = concat([
    ebmlElement(ids.seekId, Uint8Array.of(0x12, 0x54, 0xc3, 0x67), 1),
    ebmlElement(ids.seekPosition, Uint8Array.of(position), 1),
  ]);
  return ebmlElement(ids.seekHead, ebmlElement(ids.seek, seek, 1), 1);
};
const file = (...children: Uint8Array[]) =>
  concat([ebmlElement(ids.ebml, latin1("\x42\x82\x84webm"), 1), ebmlElement(ids.segment, concat(children))]);
const add = (bytes: Uint8Array, value = "new") => withMatroskaTags(bytes, parseMatroska(bytes), [{ name: "AIGC", value }])!;

test.each([
  ["tags in front", file(tags, cluster)],
  ["tags last", file(cluster, tags)],
  ["no tags", file(cluster)],
  ["a seek head with room", file(seekHead(40), ebmlElement(ids.voidElement, new Uint8Array(30), 1), tags, cluster)],
  ["a seek head without room", file(seekHead(20), tags, cluster)],
])("%s: one tag, the others kept, the frames where they were", (_, bytes) => {
  const once = add(bytes);
  const out = add(once, "newest");
  const read = parseMatroska(out);
  const found = matroskaTags(out, read);
  expect(found.filter((t) => t.name === "AIGC")).toEqual([{ name: "AIGC", value: "newest" }]);
  expect(found.some((t) => t.name === "TITLE")).toBe(matroskaTags(bytes, parseMatroska(bytes)).length > 0);
  const place = (b: Uint8Array) => Buffer.from(b).indexOf("frames");
  if (!Buffer.from(bytes).subarray(place(bytes)).includes("TITLE")) expect(place(out)).toBe(place(bytes));
  expect(add(once, "newest").length).toBe(once.length + 3);
  const start = read.segment.offset + read.segment.header;
  for (const head of read.children.filter((c) => c.id === ids.seekHead && c.size > 20)) {
    const data = out.subarray(head.offset + head.header, head.offset + head.header + head.size);
    const position = Number(Buffer.from(data.subarray(-8)).readBigUInt64BE());
    expect(read.children.find((c) => c.id === ids.tags)?.offset).toBe(start + position);
  }
});

test("a segment of unknown size grows by itself; behind an open cluster nothing can stand", () => {
  const head = ebmlElement(ids.ebml, latin1("\x42\x82\x84webm"), 1);
  const open = (...children: Uint8Array[]) => concat([head, Uint8Array.of(0x18, 0x53, 0x80, 0x67, 0xff), ...children]);
  expect(matroskaTags(add(open(cluster)), parseMatroska(add(open(cluster))))).toEqual([{ name: "AIGC", value: "new" }]);
  expect(add(open(Uint8Array.of(0x1f, 0x43, 0xb6, 0x75, 0xff, 1, 2)))).toBeUndefined();
});

test("cut or changed anywhere, it parses, takes tags, or is bad-file", () => {
  const seed = file(seekHead(40), ebmlElement(ids.voidElement, new Uint8Array(30), 1), tags, cluster);
  fc.assert(
    fc.property(fc.nat(seed.length), fc.nat(seed.length - 1), fc.nat(255), (cut, at, value) => {
      const bad = seed.slice(0, cut > 60 ? seed.length : cut);
      if (at < bad.length) bad[at] = value;
      try {
        const read = parseMatroska(bad);
        matroskaTags(bad, read);
        withMatroskaTags(bad, read, [{ name: "AIGC", value: "x" }]);
        ebmlElements(bad);
      } catch (e) {
        expect(InksealError.is(e) && e.code).toBe("bad-file");
      }
    }),
    { numRuns: 500 },
  );
});
