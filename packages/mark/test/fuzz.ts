import { concat, equalBytes, fromLatin1, fromUtf8, isoBox, latin1, utf8 } from "@inkseal/codec";
import type { FuzzTarget } from "@inkseal/testkit";
import { parseAigc } from "../src/aigc/field.ts";
import { frontMatterAigc, splitFrontMatter, withFrontMatterAigc } from "../src/aigc/front-matter.ts";
import { trustRoots } from "../src/c2pa/certificates.ts";
import { type Container, containers } from "../src/c2pa/container.ts";
import { pngContainer } from "../src/c2pa/containers/png.ts";
import { historyOf } from "../src/c2pa/history.ts";
import { validate } from "../src/c2pa/validate.ts";
import { signFile } from "../src/c2pa/write.ts";
import { abcFormat } from "../src/formats/abc.ts";
import { srtFormat, vttFormat } from "../src/formats/captions.ts";
import { docxFormat } from "../src/formats/docx.ts";
import { flacFormat } from "../src/formats/flac.ts";
import type { Format } from "../src/formats/format.ts";
import { gifFormat } from "../src/formats/gif.ts";
import { heifFormat } from "../src/formats/heif.ts";
import { htmlFormat } from "../src/formats/html.ts";
import { jpegFormat } from "../src/formats/jpeg.ts";
import { matroskaFormat } from "../src/formats/matroska.ts";
import { midiFormat } from "../src/formats/midi.ts";
import { mp3Format } from "../src/formats/mp3.ts";
import { mp4Format } from "../src/formats/mp4.ts";
import { musicXmlFormat } from "../src/formats/music-xml.ts";
import { oggFormat } from "../src/formats/ogg.ts";
import { pdfFormat } from "../src/formats/pdf.ts";
import { pngFormat } from "../src/formats/png.ts";
import { svgFormat } from "../src/formats/svg.ts";
import { markdownFormat, textFormat } from "../src/formats/text.ts";
import { wavFormatMarks } from "../src/formats/wav.ts";
import { webpFormat } from "../src/formats/webp.ts";
import { checkTimeStamp } from "../src/time-stamp/check.ts";
import {
  avif,
  docx,
  docxType,
  gif,
  html,
  identity,
  jpeg,
  midi,
  musicXml,
  now,
  pdf,
  png,
  provenance,
  sample,
  svg,
  wav,
  webp,
} from "./fixtures.ts";

const aigc =
  '{"Label":"1","ContentProducer":"X","ProduceID":"art_1","ReservedCode1":"run_1","ContentPropagator":"","PropagateID":"","ReservedCode2":""}';
const words = [
  "AIGC",
  "caBX",
  "C2PA",
  "jumb",
  "jumd",
  "cbor",
  "c2pa",
  "c2pa.assertions",
  "<AIGC>",
  "\ufeff",
  "XMP ",
  "iTXt",
  "tEXt",
  "uuid",
  "moov",
  "meta",
  "GEOB",
  "/AF",
  "/AIGC",
];
let known: ReturnType<typeof identity> | undefined;
const house = (): ReturnType<typeof identity> => (known ??= identity());

/** Small files: what is fuzzed is the container, not what is in it. */
const files: Readonly<Record<string, { readonly format: Format; readonly make: () => Uint8Array | Promise<Uint8Array> }>> = {
  "image/png": { format: pngFormat, make: () => png(8, 8) },
  "image/jpeg": { format: jpegFormat({}), make: () => jpeg(8, 8) },
  "image/webp": { format: webpFormat({}), make: () => webp({ quality: 1 }) },
  "image/gif": { format: gifFormat, make: gif },
  "image/svg+xml": { format: svgFormat, make: svg },
  "image/avif": { format: heifFormat, make: () => avif(16, 16) },
  "audio/wav": { format: wavFormatMarks, make: () => wav(8000, 0.02) },
  "audio/mpeg": { format: mp3Format, make: () => sample("tone.mp3") },
  "audio/flac": { format: flacFormat, make: () => sample("tone.flac") },
  "audio/ogg": { format: oggFormat, make: () => sample("tone.ogg") },
  "video/mp4": { format: mp4Format, make: () => sample("test.mp4") },
  "video/webm": { format: matroskaFormat, make: () => sample("test.webm") },
  "audio/midi": { format: midiFormat, make: midi },
  "application/vnd.recordare.musicxml+xml": { format: musicXmlFormat, make: musicXml },
  "text/vnd.abc": { format: abcFormat, make: () => utf8("X:1\nT:Reel\nL:1/8\nK:D\nDFAd fdAF|G8|]\n") },
  "application/pdf": { format: pdfFormat, make: pdf },
  [docxType]: { format: docxFormat, make: docx },
  "text/plain": { format: textFormat, make: () => utf8("春眠不觉晓，\n处处闻啼鸟。\n") },
  "text/markdown": { format: markdownFormat, make: () => utf8("---\ntitle: x\n---\n# 春\n") },
  "text/html": { format: htmlFormat, make: html },
  "text/vtt": { format: vttFormat, make: () => utf8("WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n") },
  "text/srt": { format: srtFormat, make: () => utf8("1\n00:00:00,000 --> 00:00:01,000\nhello\n") },
};
const short = (type: string): string => (type.split("/")[1] as string).replace(/^.*[.]/, "").replace("+xml", "");

/** Reads each layer, and puts the metadata on, which reads again. */
const formatTarget = ([type, { format, make }]: (typeof entries)[number]): FuzzTarget => ({
  name: `format-${short(type)}`,
  words,
  async seeds() {
    const plain = await make();
    return [plain, format.metadata(plain, aigc, provenance)?.bytes ?? plain];
  },
  async run(input) {
    const marked = format.metadata(input, aigc, provenance);
    await format.read(input);
    if (marked === undefined) return;
    // what was put on is found again, once
    const { aigc: found } = await format.read(marked.bytes);
    if (!found.some((a) => JSON.stringify(a).includes("art_1"))) throw new Error("a mark that was put on is not found");
  },
});
const entries = Object.entries(files);

/** What a manifest's hard binding leaves out is its own place, so the rest of a file that is found valid is that of the seed. */
const exact = new Set([
  "image/png",
  "image/jpeg",
  "image/webp",
  "image/gif",
  "image/svg+xml",
  "audio/wav",
  "audio/mpeg",
  "audio/flac",
  "audio/ogg",
  "application/pdf",
  "text/html",
]);
const rest = (file: Uint8Array, container: Container): Uint8Array | undefined => {
  const found = container.extract(file)?.place;
  return found && concat([file.subarray(0, found.start), file.subarray(found.start + found.length)]);
};
const manifestTarget = ([type, { make }]: (typeof entries)[number]): FuzzTarget => {
  const container = containers[type] as Container;
  const signed = async (): Promise<Uint8Array> => signFile(await make(), container, provenance, (await house()).signer);
  let original: Promise<Uint8Array> | undefined;
  const seed = (): Promise<Uint8Array> => (original ??= signed());
  return {
    name: `manifest-${short(type)}`,
    words,
    seeds: async () => [await seed()],
    async run(input) {
      const { rootPem } = await house();
      const verdict = await validate(input, container, { roots: trustRoots(rootPem), now: () => now });
      if (verdict.status === "valid" && exact.has(type)) {
        const [now, before] = [rest(input, container), rest(await seed(), container)];
        if (now === undefined || before === undefined || !equalBytes(now, before))
          throw new Error("a changed file is found valid");
        if (verdict.data.run !== provenance.run) throw new Error("a valid manifest says something else");
      }
      if (container.fits?.(input) !== false) container.embed(input, isoBox("jumb", new Uint8Array(40)));
    },
  };
};

/** The store alone, in a file that does not change: boxes, claims, signatures, certificates, ingredients, identities. */
const storeTarget: FuzzTarget = {
  name: "manifest-store",
  words: [
    ...words,
    "c2pa.ingredient.v3",
    "c2pa.actions.v2",
    "cawg.identity",
    "c2pa.hash.boxes",
    "c2um",
    "c2ma",
    "self#jumbf=/c2pa/",
    "redacted_assertions",
    "sigTst2",
    "\xd2\x84",
  ],
  async seeds() {
    const { signer } = await house();
    const file = await signFile(await png(8, 8), pngContainer, provenance, signer);
    const store = pngContainer.extract(file)?.store as Uint8Array;
    const { foreignStores } = await import("./stores.ts");
    return [store, ...(await foreignStores(signer))];
  },
  async run(input) {
    const file = pngContainer.embed(await picture(), input).file;
    const { rootPem } = await house();
    const roots = trustRoots(rootPem);
    await validate(file, pngContainer, { roots, identityRoots: roots, timeStampRoots: roots, now: () => now });
    await historyOf(input, { roots, now: () => now });
  },
};
let pictureMade: Promise<Uint8Array> | undefined;
const picture = (): Promise<Uint8Array> => (pictureMade ??= png(8, 8));

export const targets: readonly FuzzTarget[] = [
  storeTarget,
  ...entries.map(formatTarget),
  ...entries.filter(([type]) => type in containers).map(manifestTarget),
  {
    name: "time-stamp",
    seeds: () => [sample("openssl.tsr")],
    run: async (input) => checkTimeStamp(input, new Uint8Array(4), trustRoots(fromLatin1(sample("openssl-tsa-root.pem")))),
  },
  {
    name: "certificate",
    seeds: async () => [latin1((await house()).chainPem)],
    words: ["-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"],
    run: (input) => trustRoots(fromLatin1(input)),
  },
  {
    name: "aigc-field",
    seeds: () => [utf8(aigc), utf8(`{"AIGC":${aigc}}`)],
    words: ['"Label"', '{"AIGC":', "\\u0000"],
    run: (input) => parseAigc(fromUtf8(input) ?? ""),
  },
  {
    name: "front-matter",
    seeds: () => [utf8(withFrontMatterAigc("---\ntitle: x\n---\n# a\n", aigc))],
    words: ["---\n", "AIGC:\n", "  Label: ", "\r\n", "\t", "'"],
    run(input) {
      const text = fromUtf8(input) ?? "";
      frontMatterAigc(splitFrontMatter(text).front);
      if (frontMatterAigc(splitFrontMatter(withFrontMatterAigc(text, aigc)).front).length !== 1)
        throw new Error("not exactly one field");
    },
  },
];
