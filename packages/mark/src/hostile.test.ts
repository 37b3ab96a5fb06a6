import {
  bmffBox,
  concat,
  encodeCbor,
  isoBox,
  jumbfBox,
  latin1,
  parsePng,
  pngChunk,
  utf8,
  withPngChunk,
  writePng,
  writeRiff,
} from "@inkseal/codec";
import { zipSync, zlibSync } from "fflate";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { carriers, cleared, docx, gif, identity, now, pdf, png, policy, provenance, sample, svg } from "../test/fixtures.ts";
import { uuids } from "./c2pa/names.ts";
import { createMarker, type Marker } from "./index.ts";

/** Bytes of all arrays that are made by length, here and in what is imported: stands in before anything else is loaded. */
const work = vi.hoisted(() => {
  const counted = { bytes: 0 };
  const counting = new Proxy(Uint8Array, {
    construct(target, args) {
      if (typeof args[0] === "number") counted.bytes += args[0];
      return Reflect.construct(target, args);
    },
  });
  // slices are made by the constructor that the prototype names
  Uint8Array.prototype.constructor = counting;
  globalThis.Uint8Array = counting;
  return counted;
});

let marker: Marker;
const sealed = new Map<string, Uint8Array>();
beforeAll(async () => {
  // libjpeg says there what it thinks of cut files
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const id = await identity();
  marker = createMarker({ producer: { code: "INKSEAL" }, signer: id.signer, trust: id.rootPem, now: () => now });
  for (const { type, bytes } of await carriers())
    sealed.set(type, (await marker.seal(cleared(type, bytes), policy, provenance)).bytes);
});

const status = async (bytes: Uint8Array) => {
  const before = work.bytes;
  const { layers } = await marker.read(bytes);
  const of = (layer: string) => layers.find((l) => l.layer === layer)?.status;
  return { c2pa: of("c2pa"), aigc: of("aigc"), bytes: work.bytes - before };
};

const mega = 1024 * 1024;
const deflated = (text: string) => zlibSync(utf8(text), { level: 9 });
/** 64 MiB in 64 kB. */
const bomb = zlibSync(new Uint8Array(64 * mega), { level: 9 });
const withChunk = async (type: string, data: Uint8Array) =>
  writePng(withPngChunk(parsePng(await png()), pngChunk(type, data), () => false));
const ihdr = (width: number, height: number) => {
  const data = new Uint8Array(13);
  new DataView(data.buffer).setUint32(0, width);
  new DataView(data.buffer).setUint32(4, height);
  data.set([8, 6], 8);
  return data;
};
const store = (claim: Uint8Array) =>
  jumbfBox(uuids.store, "c2pa", [
    jumbfBox(uuids.manifest, "urn:c2pa:x", [jumbfBox(uuids.claim, "c2pa.claim.v2", [isoBox("cbor", claim)])]),
  ]);
const nested = (box: (inner: Uint8Array) => Uint8Array, depth: number): Uint8Array => {
  let inner: Uint8Array = new Uint8Array(0);
  for (let i = 0; i < depth; i++) inner = box(inner);
  return inner;
};
const pdfWith = (object: string) => latin1(`%PDF-1.7\n${object}\nstartxref\n9\n%%EOF\n`);
const stream = (dictionary: string, data: Uint8Array) =>
  concat([
    latin1(`%PDF-1.7\n1 0 obj\n<<${dictionary} /Filter /FlateDecode /Length ${data.length}>>\nstream\n`),
    data,
    latin1("\nendstream\nendobj\nstartxref\n9\n%%EOF\n"),
  ]);
const chunks = (count: number) =>
  writeRiff({
    form: "WAVE",
    chunks: Array.from({ length: count }, () => ({ id: "AIGC", data: latin1("{"), offset: 0 })),
    trailing: new Uint8Array(0),
  });
const armour = "-----BEGIN C2PA MANIFEST-----";
const laughs = Array.from({ length: 12 }, (_, i) => `<!ENTITY e${i + 1} "${`&e${i};`.repeat(10)}">`).join("");

/** Quadratic readers would take hours over these megabytes; recursive ones would end the stack; trusting ones the memory. */
const cases: Readonly<Record<string, () => Uint8Array | Promise<Uint8Array>>> = {
  "HTML of metas that do not end": () => utf8(`<!DOCTYPE html><head>${'<meta name="AIGC" content="'.repeat(60_000)}`),
  "HTML of manifests that do not end": () => utf8(`<html><head>${'<script type="application/c2pa">'.repeat(60_000)}`),
  "HTML of heads and bodies": () => utf8(`<!DOCTYPE html>${"<head ".repeat(150_000)}${"<body ".repeat(150_000)}`),
  "text of armour that does not end": () => utf8(`# x\n${`${armour}\n`.repeat(60_000)}`),
  "text of armour in comments": () => utf8(`# x\n${`<!-- ${armour} `.repeat(40_000)}`),
  "text of wrappers that do not end": () => utf8(`x${"\ufeff\ufe00".repeat(250_000)}`),
  "front matter that does not end": () => utf8(`---\n${'AIGC:\n  Label: "1"\n'.repeat(60_000)}`),
  "SVG of groups in groups": () => utf8(`<svg xmlns="http://www.w3.org/2000/svg">${"<g>".repeat(300_000)}`),
  "SVG of metadata that does not end": () => utf8(`<svg xmlns="http://www.w3.org/2000/svg">${"<metadata><!--".repeat(60_000)}`),
  "SVG with entities of entities": () =>
    utf8(`<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY e0 "x">${laughs}]><svg>&e12;</svg>`),
  "PDF of arrays in arrays": () => pdfWith(`1 0 obj\n${"[".repeat(mega)}`),
  "PDF of dictionaries in dictionaries": () => pdfWith(`trailer\n${"<</A ".repeat(200_000)}`),
  "PDF whose tables go round": () => pdfWith("xref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 1 /Root 1 0 R /Prev 9>>"),
  "PDF of a table of two thousand million": () => pdfWith("xref\n0 2147483647\ntrailer\n<</Size 2147483647 /Root 1 0 R>>"),
  "PDF whose table of objects is a bomb": () => stream("/Type /XRef /Size 9 /W [1 2 1] /Root 1 0 R", bomb),
  "PDF whose table of objects is as long as it says": () => stream("/Type /XRef /Size 2000000 /W [1 8 8] /Root 1 0 R", bomb),
  "PDF whose objects are a bomb": () => stream("/Type /ObjStm /N 2000000000 /First 2000000000", bomb),
  "PNG whose text is a bomb": () => withChunk("zTXt", concat([latin1("AIGC\0\0"), bomb])),
  "PNG whose XMP is a bomb": () => withChunk("iTXt", concat([latin1("XML:com.adobe.xmp\0\x01\0\0\0"), bomb])),
  "PNG whose XMP is deep": () =>
    withChunk("iTXt", concat([latin1("XML:com.adobe.xmp\0\x01\0\0\0"), deflated("<a>".repeat(mega))])),
  "PNG whose pixels are a bomb": async () => {
    const file = parsePng(await png());
    const others = file.chunks.filter((c) => c.type !== "IDAT");
    return writePng({ ...file, chunks: [...others.slice(0, -1), pngChunk("IDAT", bomb), ...others.slice(-1)] });
  },
  "PNG of four thousand million squared": async () => {
    const {
      chunks: [, ...rest],
      ...file
    } = parsePng(await png());
    return writePng({ ...file, chunks: [pngChunk("IHDR", ihdr(0x7fffffff, 0x7fffffff)), ...rest] });
  },
  "PNG whose chunk says it is 4 GiB": async () => concat([(await png()).subarray(0, 33), latin1("\xff\xff\xff\xffcaBXx")]),
  "a manifest of boxes in boxes": () =>
    withChunk(
      "caBX",
      nested((inner) => jumbfBox(uuids.store, "c2pa", [inner]), 300),
    ),
  "a manifest whose box says it is 2^63": () => withChunk("caBX", latin1("\0\0\0\x01jumb\x7f\xff\xff\xff\xff\xff\xff\xff")),
  "a claim of lists in lists": () => withChunk("caBX", store(new Uint8Array(mega).fill(0x81))),
  "a claim whose list says it has 2^53": () =>
    withChunk("caBX", store(Uint8Array.of(0x9b, 0, 0x1f, 255, 255, 255, 255, 255, 255))),
  "a claim that is a number": () => withChunk("caBX", store(encodeCbor(1))),
  "JPEG of 65,500 squared": () => {
    const bytes = sealed.get("image/jpeg")!.slice();
    const at = Buffer.from(bytes).lastIndexOf(Buffer.from([0xff, 0xc0]));
    bytes.set([0xff, 0xdc, 0xff, 0xdc], at + 5);
    return bytes;
  },
  "JPEG of segments without an end": () => latin1(`\xff\xd8${"\xff\xeb\xff\xff".repeat(100_000)}`),
  "WAV of a hundred thousand fields": () => chunks(100_000),
  "WAV whose chunk says it is 4 GiB": () => latin1("RIFF\xff\xff\xff\xffWAVEC2PA\xff\xff\xff\xffx"),
  "GIF of blocks without an end": async () =>
    concat([(await gif()).subarray(0, 13), latin1("!\xff\x0bC2PA_GIF\x01\0\0\xff".repeat(50_000))]),
  "Ogg of pages without packets": () => latin1(`OggS\0\x02${"\0".repeat(20)}\xff${"\xff".repeat(255)}`.repeat(2_000)),
  "MP3 whose tag says it is 256 MiB": () => latin1("ID3\x04\0\0\x7f\x7f\x7f\x7fGEOB\x7f\x7f\x7f\x7f\0\0x"),
  "FLAC whose block says it is 16 MiB": () => latin1("fLaC\x84\xff\xff\xff\x04\0\0\0\xff\xff\xff\xff"),
  "MP4 of boxes in boxes": () =>
    concat([latin1("\0\0\0\x10ftypisom\0\0\0\0"), nested((inner) => bmffBox("moov", inner), 2_000)]),
  "MP4 whose box says it is 2^63": () => latin1("\0\0\0\x10ftypisom\0\0\0\0\0\0\0\x01uuid\x7f\xff\xff\xff\xff\xff\xff\xff"),
  "MP4 of a hundred thousand empty boxes": () => latin1(`\0\0\0\x10ftypisom\0\0\0\0${"\0\0\0\x08free".repeat(110_000)}`),
  "AVIF of two thousand million items": () =>
    latin1(
      "\0\0\0\x10ftypavif\0\0\0\0\0\0\0\x2cmeta\0\0\0\0\0\0\0\x10iloc\x02\0\0\0\x44\x40\xff\xff\0\0\0\x10iinf\x01\0\0\0\x7f\xff\xff\xff",
    ),
  "WebM of masters in masters": () =>
    latin1(
      `\x1a\x45\xdf\xa3\x80${"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff\x12\x54\xc3\x67\x01\xff\xff\xff\xff\xff\xff\xff".repeat(20_000)}`,
    ),
  "MIDI whose track says it is 4 GiB": () =>
    latin1("MThd\0\0\0\x06\0\0\xff\xff\0\x60MTrk\xff\xff\xff\xff\0\xff\x7f\xff\xff\xff\x7f"),
  "DOCX whose properties are a bomb": () =>
    zipSync({
      "[Content_Types].xml": utf8("<Types/>"),
      "word/document.xml": utf8("<w/>"),
      "docProps/custom.xml": new Uint8Array(64 * mega),
    }),
  "DOCX whose properties are deep": () =>
    zipSync({
      "[Content_Types].xml": utf8("<Types/>"),
      "word/document.xml": utf8("<w/>"),
      "docProps/custom.xml": utf8("<p>".repeat(mega)),
    }),
  "PPTX of slides that are bombs": () => {
    const many = Array.from({ length: 40 }, (_, i) => i);
    const relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const leads = (type: string, ids: readonly string[]) =>
      utf8(
        `<Relationships>${ids.map((target, i) => `<Relationship Id="r${i}" Type="x/${type}" Target="${target}"/>`).join("")}</Relationships>`,
      );
    const slides = many.map((i) => [`ppt/slides/slide${i}.xml`, new Uint8Array(4 * mega)] as const);
    return zipSync({
      "[Content_Types].xml": utf8("<Types/>"),
      "_rels/.rels": leads("officeDocument", ["ppt/presentation.xml"]),
      "ppt/presentation.xml": utf8(`<p xmlns:r="${relations}">${many.map((i) => `<sldId r:id="r${i}"/>`).join("")}</p>`),
      "ppt/_rels/presentation.xml.rels": leads(
        "slide",
        slides.map(([name]) => name.slice(4)),
      ),
      ...Object.fromEntries(slides),
    });
  },
  "PDF of pages that share what is long": () =>
    pdfWith(
      `1 0 obj\n<</Type /Catalog /Pages 2 0 R /X (${"x".repeat(mega)})>>\nendobj\n2 0 obj\n<</Kids [${"2 0 R ".repeat(50_000)}]>>`,
    ),
  "DOCX that says it has 65,535 members": () => {
    const bytes = docx();
    bytes.fill(0xff, bytes.length - 14, bytes.length - 10);
    return bytes;
  },
};

test.each(Object.entries(cases))("%s: a verdict, never a valid one, and arrays within bounds", async (_, make) => {
  const bytes = await make();
  const found = await status(bytes);
  expect([found.c2pa, found.aigc]).not.toContain("valid");
  expect(found.bytes).toBeLessThan(40 * bytes.length + 80 * mega);
});

describe("polyglots", () => {
  const strangers: Readonly<Record<string, () => Uint8Array>> = {
    "a PDF": pdf,
    "an SVG": svg,
    "a ZIP": docx,
    "an MP3": () => sample("tone.mp3"),
    "a sealed PNG": () => sealed.get("image/png")!,
  };
  test.each(Object.keys(strangers))("with %s behind it no sealed file stays valid", async (name) => {
    for (const [type, bytes] of sealed) {
      const found = await status(concat([bytes, strangers[name]!()]));
      expect([type, found.c2pa === "valid"]).toEqual([type, false]);
    }
  });
  test("a manifest of one file in another of its kind", async () => {
    const own = parsePng(sealed.get("image/png")!).chunks.find((c) => c.type === "caBX")!;
    const thief = writePng(withPngChunk(parsePng(await png(300, 200, 90)), own, () => false));
    expect(await status(thief)).toMatchObject({ c2pa: "invalid" });
    const twice = writePng(withPngChunk(parsePng(sealed.get("image/png")!), own, () => false));
    expect(await status(twice)).toMatchObject({ c2pa: "invalid" });
  });
});

test("cut where a box, chunk, page, object or line may end, no file stays valid", async () => {
  for (const [type, bytes] of sealed) {
    // wherever four bytes could be a length or a name: behind each run of zeros and each of the names of these formats
    const text = Buffer.from(bytes).toString("latin1");
    const names =
      /caBX|IHDR|IDAT|IEND|\xff[\xc0-\xfe]|C2PA|jumb|jumd|cbor|uuid|moov|mdat|meta|OggS|GEOB|PK..|endobj|%%EOF|-->|<\/\w+>|\n/gs;
    const ends = [...text.matchAll(names)].flatMap((m) => [m.index, m.index + m[0].length]).filter((at) => at < bytes.length);
    const step = Math.max(1, Math.ceil(ends.length / 60));
    for (const at of [...ends.filter((_, i) => i % step === 0), bytes.length - 1]) {
      const { c2pa } = await status(bytes.slice(0, at));
      expect([type, at, c2pa === "valid"]).toEqual([type, at, false]);
    }
  }
});
