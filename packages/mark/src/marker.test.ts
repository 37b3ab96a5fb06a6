import {
  bmffAt,
  bmffData,
  fromLatin1,
  itxtChunk,
  parseBmff,
  parseFlac,
  parseId3,
  parseOgg,
  parsePdf,
  parsePng,
  parseRiff,
  pngChunk,
  readXmp,
  referenced,
  utf8,
  viewOf,
  withPngChunk,
  writePng,
  writeRiff,
} from "@inkseal/codec";
import { idTime, sniff, VerifyReport } from "@inkseal/core";
import fc from "fast-check";
import sharp from "sharp";
import { beforeAll, expect, test } from "vitest";
import {
  carriers,
  cleared,
  identity,
  jpeg,
  noisyWav,
  now,
  picture,
  png,
  policy,
  provenance,
  sample,
  sampleFiles,
  wav,
  withMarks,
} from "../test/fixtures.ts";
import type { Marker, MarkReading } from "./contract.ts";
import { createMarker } from "./index.ts";

let marker: Marker;
let rootPem: string;
beforeAll(async () => {
  const id = await identity();
  rootPem = id.rootPem;
  marker = createMarker({ producer: { code: "INKSEAL" }, signer: id.signer, trust: id.rootPem, now: () => now });
});
const hidden = withMarks({ image: "none", audio: "none" });
const statuses = (layers: readonly { layer: string; status: string }[]) =>
  Object.fromEntries(layers.map((l) => [l.layer, l.status]));

test.each(await carriers())("$type: sealed with every layer, and every layer is read back", async ({ type, bytes, layers }) => {
  const artifact = await marker.seal(cleared(type, bytes), policy, provenance);
  expect(artifact).toMatchObject({ kind: "artifact", id: provenance.artifact, run: provenance.run, mediaType: type });
  expect(artifact.sha256).toBe(
    Buffer.from(await crypto.subtle.digest("SHA-256", artifact.bytes as BufferSource)).toString("hex"),
  );
  expect(artifact.marks.map((m) => m.layer)).toEqual(layers);
  const reading = await marker.read(artifact.bytes);
  expect(statuses(reading.layers)).toMatchObject(Object.fromEntries(layers.map((l) => [l, "valid"])));
  // Markdown has no magic; and plain text no place for the field that gives the class
  const read = type === "text/markdown" ? "text/plain" : type;
  const labelClass = layers.includes("aigc") ? 1 : 0;
  expect(reading).toMatchObject({ mediaType: read, run: provenance.run, artifact: provenance.artifact, labelClass });
  for (const layer of reading.layers) expect(() => VerifyReport.shape.layers.element.parse(layer)).not.toThrow();
});

const pixelsOf = async (b: Uint8Array) => sharp(b, { animated: true }).raw().toBuffer();
test.each([
  ["image/png", pixelsOf],
  ["image/jpeg", pixelsOf],
  ["image/webp", pixelsOf],
  ["image/gif", pixelsOf],
  ["image/svg+xml", pixelsOf],
  ["image/avif", pixelsOf],
  // sound and film as they are coded; decoded with ffmpeg in bench/mark/conformance.ts
  ["audio/wav", async (b: Uint8Array) => Buffer.from(parseRiff(b).chunks.find((c) => c.id === "data")!.data)],
  ["audio/mpeg", async (b: Uint8Array) => Buffer.from(parseId3(b).sound)],
  ["audio/flac", async (b: Uint8Array) => Buffer.from(parseFlac(parseId3(b).sound).frames)],
  [
    "audio/ogg",
    async (b: Uint8Array) =>
      Buffer.concat(parseOgg(b).flatMap((p) => (viewOf(p.bytes).getBigInt64(6, true) > 0n ? [p.body] : []))),
  ],
] as const)("%s: decoded media is identical before and after metadata", async (type, decode) => {
  const bytes = (await sampleFiles()).find(([t]) => t === type)![1];
  const artifact = await marker.seal(cleared(type, bytes), hidden, provenance);
  expect(artifact.marks.map((m) => m.layer)).not.toContain("label");
  expect((await decode(artifact.bytes)).equals(await decode(bytes))).toBe(true);
  expect(statuses((await marker.read(artifact.bytes)).layers)).toMatchObject({ aigc: "valid", c2pa: "valid" });
});

test("metadata that was there is kept: XMP properties, Exif, profile, text chunks, RIFF info", async () => {
  const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="mine"/></rdf:RDF></x:xmpmeta>`;
  for (const type of ["png", "jpeg"] as const) {
    const rich = await picture(200, 200)
      .withExif({ IFD0: { Software: "brush" } })
      .withXmp(xmp)
      .withIccProfile("p3")
      .toFormat(type)
      .toBuffer();
    for (const p of [hidden, policy]) {
      const { bytes } = await marker.seal(cleared(`image/${type}`, new Uint8Array(rich)), p, provenance);
      const meta = await sharp(bytes).metadata();
      expect(readXmp(meta.xmp!.toString(), "http://purl.org/dc/elements/1.1/", "source")).toEqual(["mine"]);
      expect(meta.xmp!.toString()).toContain('<TC260:AIGC>{"Label":"1","ContentProducer":"INKSEAL"');
      expect(meta.exif!.toString("latin1")).toContain("brush");
      expect(meta.icc?.length).toBeGreaterThan(100);
    }
  }
  const text = writePng(withPngChunk(parsePng(await png()), itxtChunk("Author", "某人"), () => false));
  const out = await marker.seal(cleared("image/png", text), policy, provenance);
  expect(parsePng(out.bytes).chunks.some((c) => c.type === "iTXt" && fromLatin1(c.data).startsWith("Author"))).toBe(true);
  const sound = await marker.seal(cleared("audio/wav", wav()), policy, provenance);
  expect(parseRiff(sound.bytes).chunks.map((c) => c.id)).toEqual(["fmt ", "AIGC", "data", "LIST", "_PMX", "C2PA"]);
});

test("exactly one AIGC field: other carriers' fields give way", async () => {
  const old =
    '{"AIGC":{"Label":"2","ContentProducer":"x","ProduceID":"y","ReservedCode1":"","ContentPropagator":"","PropagateID":"","ReservedCode2":""}}';
  const text = writePng(withPngChunk(parsePng(await png()), pngChunk("tEXt", utf8(`AIGC\0${old}`)), () => false));
  expect(await marker.read(text)).toMatchObject({ labelClass: 2, artifact: "y" });
  const photo = new Uint8Array(
    await picture(64, 64)
      .withExif({ IFD2: { UserComment: old } })
      .jpeg()
      .toBuffer(),
  );
  expect(await marker.read(photo)).toMatchObject({ labelClass: 2, artifact: "y" });
  for (const [type, bytes] of [
    ["image/png", text],
    ["image/jpeg", photo],
  ] as const) {
    const sealed = await marker.seal(cleared(type, bytes), hidden, provenance);
    const reading = await marker.read((await marker.seal(cleared(type, sealed.bytes), hidden, provenance)).bytes);
    expect(reading.layers.find((l) => l.layer === "aigc")).toMatchObject({
      status: "valid",
      data: { carriers: ["xmp"], Label: "1" },
    });
  }
});

test("films and songs: each kind of MP4 is sealed again and again, with one field and its own metadata", async () => {
  for (const [name, type] of [
    ["fragmented.mp4", "video/mp4"],
    ["test.mp4", "video/mp4"],
    ["tone.m4a", "audio/mp4"],
  ] as const) {
    let { bytes } = await marker.seal(cleared(type, sample(name)), hidden, { ...provenance, artifact: "art_first" });
    ({ bytes } = await marker.seal(cleared(type, bytes), hidden, provenance));
    const reading = await marker.read(bytes);
    expect(statuses(reading.layers)).toEqual({ aigc: "valid", iptc: "valid", c2pa: "valid" });
    expect(reading.artifact).toBe(provenance.artifact);
    const boxes = parseBmff(bytes);
    const media = (b: Uint8Array) => bmffAt(parseBmff(b), "/mdat").map((m) => Buffer.from(bmffData(b, m)).toString("hex"));
    expect(media(bytes)).toEqual(media(sample(name)));
    if (name !== "fragmented.mp4") expect(bmffAt(boxes, "/moov/udta/meta/ilst").length).toBe(1);
  }
});

test("a PDF with object streams: what it says of itself is kept, one field, by updates behind it", async () => {
  const bytes = sample("streams.pdf"); // qpdf --object-streams=generate
  const once = await marker.seal(cleared("application/pdf", bytes), withMarks({ text: "none" }), {
    ...provenance,
    artifact: "art_first",
  });
  expect(once.bytes.subarray(0, bytes.length)).toEqual(bytes);
  const twice = await marker.seal(cleared("application/pdf", once.bytes), withMarks({ text: "none" }), provenance);
  const reading = await marker.read(twice.bytes);
  expect(statuses(reading.layers)).toEqual({ label: "absent", aigc: "valid", iptc: "valid", c2pa: "valid" });
  expect(reading.artifact).toBe(provenance.artifact);
  const read = parsePdf(twice.bytes);
  expect([read.streamed, read.object(referenced(read.trailer.get("Info"))!)]).toEqual([true, expect.stringContaining("small")]);
});

test("only the marks that the policy asks for", async () => {
  const none = withMarks({ text: "none", image: "none", audio: "none", metadata: false, c2pa: false });
  for (const [type, bytes] of await sampleFiles()) {
    const artifact = await marker.seal(cleared(type, bytes), none, provenance);
    expect([artifact.marks, artifact.bytes]).toEqual([[], bytes]);
    expect(await marker.read(artifact.bytes)).toMatchObject({ labelClass: 0 });
  }
  const unsigned = createMarker({ producer: { code: "X" } });
  expect((await unsigned.seal(cleared("image/png", await png()), policy, provenance)).marks.map((m) => m.layer)).not.toContain(
    "c2pa",
  );
});

test("text: label by policy; Markdown also carries AIGC in its front matter", async () => {
  const tail = withMarks({ text: "tail", c2pa: false });
  const plain = await marker.seal(cleared("text/plain; charset=utf-8", utf8("春眠不觉晓")), tail, provenance);
  expect(plain.mediaType).toBe("text/plain; charset=utf-8");
  expect(new TextDecoder().decode(plain.bytes)).toBe("春眠不觉晓\n\n（本内容由人工智能生成）\n");
  expect(plain.marks.map((m) => m.layer)).toEqual(["label"]);
  expect(statuses((await marker.read(plain.bytes)).layers)).toEqual({ label: "valid", aigc: "absent", c2pa: "absent" });
  const note = await marker.seal(cleared("text/markdown", utf8("---\ntitle: x\n---\n# 春\n")), tail, {
    ...provenance,
    locale: "en",
  });
  expect(note.marks.map((m) => m.layer)).toEqual(["label", "aigc"]);
  expect(new TextDecoder().decode(note.bytes)).toMatch(
    /^---\nAIGC:\n {2}Label: "1"\n[\s\S]*title: x\n---\n# 春\n\n\(AI-generated content\)\n$/,
  );
  expect(await marker.read(note.bytes)).toMatchObject({ labelClass: 1, artifact: provenance.artifact, run: provenance.run });
  expect(
    (await marker.seal(cleared("text/plain", utf8("x")), withMarks({ text: "none", c2pa: false }), provenance)).marks,
  ).toEqual([]);
});

test("media we cannot mark pass through untouched and list no mark", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array(),
      fc.constantFrom("application/x-thing", "application/json", "__proto__", "toString", "text/csv"),
      async (bytes, type) => {
        fc.pre(sniff(bytes) === "application/octet-stream" || sniff(bytes) === "text/plain");
        const artifact = await marker.seal(cleared(type, bytes), policy, provenance);
        expect([artifact.bytes, artifact.marks, artifact.mediaType]).toEqual([bytes, [], type]);
      },
    ),
  );
  const invalid = Uint8Array.of(0xff, 0xfe, 0x80);
  expect((await marker.seal(cleared("text/markdown", invalid), withMarks({ text: "head" }), provenance)).bytes).toEqual(
    invalid,
  );
});

test("bytes decide, not the declared type; and a broken picture is refused rather than let out unlabelled", async () => {
  const artifact = await marker.seal(cleared("image/jpeg", await png()), policy, provenance);
  expect([artifact.mediaType, artifact.marks.length]).toEqual(["image/png", 4]);
  await expect(marker.seal(cleared("image/png", (await png()).slice(0, 100)), policy, provenance)).rejects.toMatchObject({
    code: "bad-file",
  });
  await expect(marker.seal(cleared("image/png", utf8("no")), policy, provenance)).rejects.toMatchObject({ code: "bad-file" });
});

test("an AIGC field copied beside another file's manifest contradicts it", async () => {
  const sealed = await marker.seal(cleared("audio/wav", wav()), policy, provenance);
  const id2 = await identity();
  const thief = createMarker({ producer: { code: "INKSEAL" }, signer: id2.signer });
  const noMetadata = withMarks({ audio: "none", metadata: false });
  const resigned = await thief.seal(cleared("audio/wav", sealed.bytes), noMetadata, { ...provenance, artifact: "art_other" });
  const reading = await marker.read(resigned.bytes);
  expect(reading.layers.find((l) => l.layer === "aigc")).toMatchObject({ status: "invalid" });
  expect(reading.layers.find((l) => l.layer === "c2pa")).toMatchObject({ status: "untrusted" });
});

test("stripped of everything by another tool, what is left is said and nothing more", async () => {
  const sealed = await marker.seal(cleared("image/png", await png()), policy, provenance);
  const stripped = new Uint8Array(await sharp(sealed.bytes).png().toBuffer());
  const reading = await marker.read(stripped);
  expect(statuses(reading.layers)).toEqual({ label: "valid", aigc: "absent", iptc: "absent", c2pa: "absent" });
  expect(reading.run).toBeUndefined();
});

test("reading never throws: any bytes, any cut, any change", async () => {
  const seeds = await Promise.all(
    (await sampleFiles()).map(async ([t, b]) => (await marker.seal(cleared(t, b), hidden, provenance)).bytes),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...seeds),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(4000),
      fc.nat(255),
      async (seed, cut, at, value) => {
        const bad = seed.slice(0, Math.floor(cut * seed.length));
        if (at < bad.length) bad[at] = value;
        const reading = await marker.read(bad);
        expect(reading.layers.every((l) => l.status !== undefined)).toBe(true);
      },
    ),
    { numRuns: 200 },
  );
  await fc.assert(fc.asyncProperty(fc.uint8Array(), async (junk) => void (await marker.read(junk))));
});

test("options are checked at the door", () => {
  expect(() => createMarker({ producer: { code: "两 个" } })).toThrowError(expect.objectContaining({ code: "bad-request" }));
  expect(() => createMarker({ producer: { code: "X" }, trust: rootPem.replace("A", "!") })).not.toThrow(TypeError);
});

test("English pictures say so in English", async () => {
  const artifact = await marker.seal(cleared("image/jpeg", await jpeg(600, 400)), policy, { ...provenance, locale: "en" });
  expect(artifact.marks[0]).toMatchObject({ method: "gb45438.corner", data: { text: "AI-generated", height: 20 } });
});

test("a house with a key puts a watermark under the label, and finds it when only the samples are left", async () => {
  const watermarkKey = Uint8Array.from({ length: 32 }, (_, i) => i * i);
  const house = createMarker({ producer: { code: "INKSEAL" }, watermarkKey });
  const artifact = await house.seal(cleared("audio/wav", noisyWav(16_000, 6)), policy, provenance);
  expect(artifact.marks.map((m) => m.layer)).toEqual(["watermark", "label", "aigc", "iptc"]);
  const riff = parseRiff(artifact.bytes);
  const bare = writeRiff({ ...riff, chunks: riff.chunks.filter((c) => c.id === "fmt " || c.id === "data") });
  const of = (reading: MarkReading) => reading.layers.find((l) => l.layer === "watermark");
  expect(of(await house.read(bare))).toMatchObject({
    status: "valid",
    data: { madeAt: new Date(idTime(provenance.run)).toISOString(), falseAlarm: 1e-6, tempo: 1, semitones: 0 },
  });
  expect(of(await marker.read(bare))).toBeUndefined();
  const short = await house.seal(cleared("audio/wav", wav(16_000, 1)), policy, provenance);
  expect(short.marks.map((m) => m.layer)).not.toContain("watermark");
  const without = withMarks({ watermark: false });
  expect((await house.seal(cleared("audio/wav", wav()), without, provenance)).marks[0]?.layer).toBe("label");
  expect(of(await house.read(wav(16_000, 3)))).toMatchObject({ status: "absent" });
  expect(() => createMarker({ producer: { code: "INKSEAL" }, watermarkKey: new Uint8Array(16) })).toThrow(/32 bytes/);
});
