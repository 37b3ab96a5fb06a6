import type { FuzzTarget } from "@inkseal/testkit";
import { zipSync } from "fflate";
import {
  app11Boxes,
  app11Segments,
  bmffBox,
  concat,
  decodeCbor,
  decodePng,
  decodeWav,
  der,
  derInteger,
  derOid,
  derTag,
  derTime,
  ebmlElement,
  encodeCbor,
  equalBytes,
  firstPackets,
  fromLatin1,
  fromUtf8,
  gifFrame,
  id3Object,
  id3Objects,
  id3Text,
  insideDer,
  isoBox,
  jpegSegment,
  jumbfBox,
  latin1,
  matroskaIds,
  matroskaTags,
  oggPages,
  parseBmff,
  parseFlac,
  parseGif,
  parseId3,
  parseJpeg,
  parseJumbf,
  parseMatroska,
  parseMidi,
  parseOgg,
  parsePdf,
  parsePng,
  parseRiff,
  parseVorbisComment,
  parseZip,
  pngChunk,
  rawCborValue,
  readDer,
  readExif,
  readXmp,
  Tagged,
  tiffFields,
  timeOf,
  utf8,
  webpCanvas,
  withId3Frame,
  withMatroskaTags,
  writeId3,
  writeJpeg,
  writeOgg,
  writePng,
  writeRiff,
  xmlTags,
  xmpEmpty,
} from "../src/index.ts";

/** Every parser of this package, and what is done with what it read. */
const bmff = (...boxes: Uint8Array[]) => concat([bmffBox("ftyp", latin1("isom\0\0\0\0")), ...boxes]);
const riff = (form: string, chunks: [string, Uint8Array][]) =>
  writeRiff({ form, chunks: chunks.map(([id, data]) => ({ id, data, offset: 0 })), trailing: new Uint8Array(0) });
const fmt = latin1("\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0");
const ihdr = latin1("\0\0\0\x02\0\0\0\x02\x08\0\0\0\0");
const idat = latin1("\x78\x9c\x63\x60\x60\x60\x60\x60\x60\0\0\0\x06\0\x01");
const png = () =>
  writePng({
    chunks: [
      pngChunk("IHDR", ihdr),
      pngChunk("tEXt", latin1("a\0b")),
      pngChunk("IDAT", idat),
      pngChunk("IEND", new Uint8Array(0)),
    ],
    trailing: new Uint8Array(0),
  } as never);
const gif = latin1(
  "GIF89a\x02\0\x02\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\0\x0a\0\0\0,\0\0\0\0\x02\0\x02\0\0\x02\x02\x44\x0a\0;",
);
const jpeg = () =>
  writeJpeg({
    segments: [
      jpegSegment(0xe0, latin1("JFIF\0\x01\x01\0\0\x01\0\x01\0\0")),
      ...app11Segments(isoBox("jumb", new Uint8Array(20))),
    ],
    scan: latin1("\xff\xda\0\x08\x01\x01\0\0\x3f\0\x55\xff\xd9"),
  });
const tiff = latin1(
  "II*\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0\x01\0\0\0\x69\x87\x04\0\x01\0\0\0\x26\0\0\0\0\0\0\0\0\0\x01\0\x86\x92\x07\0\x08\0\0\0\x40\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0ASCII\0\0\0",
);
const pdf = () => {
  const body =
    "%PDF-1.7\n1 0 obj\n<</Type /Catalog /Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type /Pages /Kids [] /Count 0>>\nendobj\n";
  const rows = [
    "0000000000 65535 f \n",
    "0000000009 00000 n \n",
    `${String(body.indexOf("2 0 obj")).padStart(10, "0")} 00000 n \n`,
  ];
  return latin1(`${body}xref\n0 3\n${rows.join("")}trailer\n<</Size 3 /Root 1 0 R>>\nstartxref\n${body.length}\n%%EOF\n`);
};
const zip = () => zipSync({ "[Content_Types].xml": utf8("<Types/>"), a: [utf8("x".repeat(40)), { level: 9 }] });
const oggPacket = (packet: Uint8Array) => writeOgg(oggPages([packet], 7, { first: true, last: true }));
const webm = () => {
  const name = ebmlElement(matroskaIds.tagName, latin1("AIGC"), 1);
  const value = ebmlElement(matroskaIds.tagString, latin1("{}"), 1);
  const tag = ebmlElement(matroskaIds.tag, ebmlElement(matroskaIds.simpleTag, concat([name, value]), 2), 2);
  const children = [ebmlElement(matroskaIds.tags, tag, 2), ebmlElement(0x1f43b675, latin1("frames"), 1)];
  return concat([
    ebmlElement(matroskaIds.ebml, latin1("\x42\x82\x84webm"), 1),
    ebmlElement(matroskaIds.segment, concat(children)),
  ]);
};

export const targets: readonly FuzzTarget[] = [
  {
    name: "cbor",
    seeds: () => [
      encodeCbor({ a: [1, -2, 3.5, "x", new Uint8Array(3), null, true, new Tagged(18, [1])], b: { c: 2 ** 40 } }),
      latin1("\xbf\x61a\x9f\x01\x7f\x61x\xff\xff\x61b\x5f\x41\0\xff\xff"),
    ],
    words: ["\x9f", "\xff", "\xbf", "\x5f", "\x7f", "\xd2\x84", "\x9b\xff\xff\xff\xff\xff\xff\xff\xff", "\xf9\x7c\0"],
    run(input) {
      const value = decodeCbor(input);
      rawCborValue(input, "a");
      // what was read is what would be written: the encoder's form of it says the same
      const again = encodeCbor(value);
      if (!equalBytes(encodeCbor(decodeCbor(again)), again))
        throw new Error("decoded, encoded and decoded it is another value");
    },
  },
  {
    name: "jumbf",
    seeds: () => [jumbfBox("0".repeat(32), "a", [isoBox("cbor", latin1("\x01")), jumbfBox("1".repeat(32), "b", [])])],
    words: ["jumb", "jumd", "cbor", "json", "\0\0\0\x01", "\0\0\0\0"],
    run: (input) => parseJumbf(input),
  },
  {
    name: "der",
    seeds: () => [der(derTag.sequence, derOid("1.2.840.113549"), derInteger(70_000), derTime(0))],
    run(input) {
      for (const e of readDer(input)) {
        if (e.tag === derTag.sequence)
          for (const inner of insideDer(e, derTag.sequence)) if (inner.tag === derTag.generalizedTime) timeOf(inner);
      }
    },
  },
  {
    name: "png",
    seeds: () => [png()],
    words: ["IHDR", "IDAT", "IEND", "tEXt", "iTXt", "zTXt", "caBX", "PLTE", "tRNS", "acTL", "fcTL", "fdAT"],
    run(input) {
      const parsed = parsePng(input);
      if (!equalBytes(writePng(parsed), input)) throw new Error("written again it is another file");
      decodePng(parsed);
    },
  },
  {
    name: "jpeg",
    seeds: () => [jpeg()],
    words: ["\xff\xe1", "Exif\0\0", "http://ns.adobe.com/xap/1.0/\0", "\xff\xeb", "JP\0\x01", "jumb"],
    run: (input) => app11Boxes(parseJpeg(input).segments),
  },
  {
    name: "gif",
    seeds: () => [gif],
    words: ["!\xff\x0b", "!\xf9\x04", "XMP DataXMP", "NETSCAPE2.0", "C2PA_GIF\x01\0\0", ","],
    run(input) {
      const parsed = parseGif(input);
      const image = parsed.blocks.findIndex((b) => b.kind === "image");
      if (image >= 0) gifFrame(parsed, image);
    },
  },
  {
    name: "riff",
    seeds: () => [
      riff("WAVE", [
        ["fmt ", fmt],
        ["data", new Uint8Array(8)],
        ["LIST", latin1("INFOIART\x02\0\0\0me")],
      ]),
      riff("WEBP", [
        ["VP8X", new Uint8Array(10)],
        ["VP8L", latin1("\x2f\0\0\0\0")],
      ]),
    ],
    words: [
      "RIFF",
      "WAVE",
      "WEBP",
      "fmt ",
      "data",
      "LIST",
      "INFO",
      "VP8X",
      "VP8 ",
      "VP8L",
      "ANIM",
      "ANMF",
      "XMP ",
      "C2PA",
      "AIGC",
    ],
    run(input) {
      const parsed = parseRiff(input);
      if (parsed.form === "WEBP") webpCanvas(parsed);
      else decodeWav(input);
    },
  },
  {
    name: "bmff",
    seeds: () => [
      bmff(
        bmffBox(
          "moov",
          bmffBox("mvhd", new Uint8Array(20)),
          bmffBox("udta", bmffBox("meta", latin1("\0\0\0\0"), bmffBox("hdlr", new Uint8Array(24)))),
        ),
      ),
      bmff(bmffBox("mdat", latin1("x"))),
    ],
    words: [
      "moov",
      "trak",
      "mdia",
      "minf",
      "stbl",
      "stco",
      "co64",
      "meta",
      "iloc",
      "iinf",
      "uuid",
      "mdat",
      "moof",
      "traf",
      "tfhd",
      "mfra",
      "saio",
      "ilst",
      "keys",
      "hdlr",
      "free",
    ],
    run: (input) => parseBmff(input),
  },
  {
    name: "id3",
    seeds: () => {
      const bare = { tag: undefined, sound: latin1("\xff\xfb\x90\0") };
      const text = withId3Frame(bare, id3Text("AIGC", "{}"), () => false);
      return [
        writeId3(text),
        writeId3(withId3Frame(text, id3Object("application/c2pa", "c2pa", "x", new Uint8Array(8)), () => false)),
      ];
    },
    words: ["ID3\x03", "ID3\x04", "ID3\x02", "GEOB", "TXXX", "PRIV", "application/c2pa\0"],
    run(input) {
      const { tag } = parseId3(input);
      if (tag !== undefined) id3Objects(tag);
    },
  },
  {
    name: "flac",
    seeds: () => [
      concat([latin1("fLaC\0\0\0\x22"), new Uint8Array(34), latin1("\x84\0\0\x08"), new Uint8Array(8), latin1("\xff\xf8")]),
    ],
    run: (input) => parseFlac(input),
  },
  {
    name: "vorbis-comment",
    seeds: () => [latin1("\x01\0\0\0x\x01\0\0\0\x06\0\0\0AIGC={")],
    run: (input) => parseVorbisComment(input),
  },
  {
    name: "ogg",
    seeds: () => [oggPacket(latin1("OpusHead\x01\x01"))],
    words: ["OggS", "OpusHead", "OpusTags", "\x01vorbis", "\0c2pa"],
    run(input) {
      parseOgg(input);
    },
  },
  {
    // pages with a wrong checksum are refused at once: here their packet is anything
    name: "ogg-packet",
    seeds: () => [latin1("OpusHead\x01\x01"), latin1("\0c2pa")],
    run(input) {
      const pages = parseOgg(oggPacket(input));
      const serial = pages[0]?.serial;
      if (serial === undefined || !equalBytes(concat(firstPackets(pages, serial, 1)?.packets ?? []), input))
        throw new Error("the packet is another one");
    },
  },
  {
    name: "matroska",
    seeds: () => [webm()],
    words: ["\x1a\x45\xdf\xa3", "\x18\x53\x80\x67", "\x12\x54\xc3\x67", "\x01\xff\xff\xff\xff\xff\xff\xff"],
    run: (input) => {
      const parsed = parseMatroska(input);
      matroskaTags(input, parsed);
      withMatroskaTags(input, parsed, [{ name: "AIGC", value: "x" }]);
    },
  },
  {
    name: "midi",
    seeds: () => [
      latin1("MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk\0\0\0\x12\0\xff\x03\x02ab\0\x90\x3c\x40\x60\x80\x3c\0\0\xff\x2f\0"),
    ],
    words: ["MThd", "MTrk", "\xff\x01", "\xf0", "\xf7"],
    run: (input) => parseMidi(input),
  },
  {
    name: "zip",
    seeds: () => [zip()],
    words: ["PK\x01\x02", "PK\x03\x04", "PK\x05\x06", "PK\x06\x06", "PK\x06\x07"],
    run: (input) => parseZip(input),
  },
  {
    name: "pdf",
    seeds: () => [pdf()],
    words: [
      "obj",
      "endobj",
      "stream\n",
      "endstream",
      "xref",
      "trailer",
      "startxref",
      "/Prev ",
      "/XRefStm ",
      "/Type /XRef",
      "/Type /ObjStm",
      "<<",
      ">>",
      "/Root 1 0 R",
      "/AF [3 0 R]",
      "/Encrypt 1 0 R",
      "/Length 4 0 R",
    ],
    run(input) {
      const parsed = parsePdf(input, { encrypted: true });
      for (let n = 0; n < 8; n++) {
        parsed.object(n);
        parsed.stream(n);
      }
    },
  },
  { name: "tiff", seeds: () => [tiff], run: (input) => tiffFields(input) },
  { name: "exif", seeds: () => [tiff], run: (input) => readExif(input) },
  {
    name: "xmp",
    seeds: () => [
      utf8(xmpEmpty),
      utf8(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:T="u"><rdf:Description T:A="1"><T:A>&lt;x</T:A></rdf:Description></rdf:RDF>',
      ),
    ],
    words: [
      "<rdf:Description",
      'xmlns:T="u"',
      'T:A="',
      "<!--",
      "-->",
      "<![CDATA[",
      "]]>",
      "<!DOCTYPE",
      "&amp;",
      "<?",
      "/>",
      "</",
    ],
    run: (input) => readXmp(fromUtf8(input) ?? fromLatin1(input), "u", "A"),
  },
  {
    name: "xml",
    seeds: () => [utf8('<svg a="1"><g/><!-- x --><desc>y</desc></svg>')],
    words: ["<!--", "-->", "<![CDATA[", "]]>", "<!DOCTYPE", "<?", "/>", "</"],
    run: (input) => xmlTags(fromLatin1(input)),
  },
];
