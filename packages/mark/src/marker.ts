import { decodeWav, encodeAudio, fileTypeOf, hexOf, type LoadWasm } from "@inkseal/codec";
import { type Artifact, InksealError, type LayerVerdict, type Mark, sniff } from "@inkseal/core";
import { aigcJson, isAigcValue, producedField } from "./aigc/field.ts";
import { withSecurityData } from "./aigc/security-data.ts";
import { aigcVerdict } from "./aigc/verdict.ts";
import { trustRoots } from "./c2pa/certificates.ts";
import { type Container, containers } from "./c2pa/container.ts";
import type { Stamping } from "./c2pa/cose.ts";
import { digest } from "./c2pa/hashes.ts";
import { type History, historyOf } from "./c2pa/history.ts";
import { type Parent, parentOf } from "./c2pa/ingredient.ts";
import { type Stamped, stamping } from "./c2pa/stamped.ts";
import { type C2paVerdict, validate } from "./c2pa/validate.ts";
import { signFile } from "./c2pa/write.ts";
import type { Marker, MarkReading, Producer, Signer } from "./contract.ts";
import type { Seen } from "./fingerprint/method.ts";
import { looker } from "./fingerprint/prints.ts";
import { abcFormat } from "./formats/abc.ts";
import { avifFormat } from "./formats/avif.ts";
import { srtFormat, vttFormat } from "./formats/captions.ts";
import { docxFormat } from "./formats/docx.ts";
import { flacFormat } from "./formats/flac.ts";
import type { Format } from "./formats/format.ts";
import { gifFormat } from "./formats/gif.ts";
import { heifFormat } from "./formats/heif.ts";
import { htmlFormat } from "./formats/html.ts";
import { jpegFormat } from "./formats/jpeg.ts";
import { matroskaFormat } from "./formats/matroska.ts";
import { midiFormat } from "./formats/midi.ts";
import { mp3Format } from "./formats/mp3.ts";
import { mp4Format } from "./formats/mp4.ts";
import { musicXmlFormat } from "./formats/music-xml.ts";
import { oggFormat } from "./formats/ogg.ts";
import { pdfFormat } from "./formats/pdf.ts";
import { pngFormat } from "./formats/png.ts";
import { pptxFormat } from "./formats/pptx.ts";
import { soundFormat } from "./formats/sound.ts";
import { svgFormat } from "./formats/svg.ts";
import { markdownFormat, textFormat } from "./formats/text.ts";
import { videoFormat } from "./formats/video.ts";
import { wavFormatMarks } from "./formats/wav.ts";
import { webpFormat } from "./formats/webp.ts";
import { xlsxFormat } from "./formats/xlsx.ts";
import { pictureGuesser } from "./likelihood/picture.ts";
import type { TimeStamper } from "./time-stamp/authority.ts";
import { softBindingOf, traceOf } from "./trace.ts";
import type { SoundCoder, VideoCoder } from "./video/coder.ts";
import { markedWords, wordsVerdict } from "./watermark/text/read.ts";
import { wordMarkOf } from "./watermark/text/word-mark.ts";

export interface MarkerOptions {
  readonly producer: Producer;
  /** Without one, no C2PA manifest is written. */
  readonly signer?: Signer;
  /** PEM certificates whose signatures count as trusted. */
  readonly trust?: string;
  /** Puts a time to every signature. A file goes without where it fails, and its artifact says so. */
  readonly timeStamper?: TimeStamper;
  /** PEM certificates of the authorities whose time-stamps count. */
  readonly timeStampTrust?: string;
  /** Milliseconds since 1970; certificates have to be valid then. Without it: at the time that the manifest claims. */
  readonly now?: () => number;
  /** 32 bytes. Without them no watermark is put on or looked for. */
  readonly watermarkKey?: Uint8Array;
  /** Bytes of the picture codecs' WebAssembly, where neither Node nor a bundler finds them. */
  readonly loadWasm?: LoadWasm;
  /** SM2, 32 bytes: with it the AIGC field is signed (TC260-PG-202511A), and holds that in place of the run's id. */
  readonly labelKey?: Uint8Array;
  /** SM2 public keys (04, x and y in hex) whose signatures of AIGC fields count as their owners'. */
  readonly labelTrust?: readonly string[];
  /** Decodes and encodes films; without one their frames carry no marks, and artifacts say so. */
  readonly video?: VideoCoder;
  /** Decodes and encodes MP3, Ogg, FLAC and M4A; without one they carry no label and no watermark, and artifacts say so. */
  readonly sound?: SoundCoder;
}

/**
 * The marker of a house. Throws `bad-request` for a producer code outside 0x21–0x7E, `bad-file` for bad PEM.
 * @example createMarker({ producer: { code: "INKSEAL" }, signer, trust: rootPem, now: clock.now })
 */
export function createMarker(options: MarkerOptions): Marker {
  const { producer, signer, now, watermarkKey, labelKey } = options;
  if (watermarkKey !== undefined && watermarkKey.length !== 32)
    throw new InksealError("bad-request", `a watermark key has 32 bytes, not ${watermarkKey.length}`);
  if (!isAigcValue(producer.code))
    throw new InksealError("bad-request", "a producer code holds only the code points 0x21 to 0x7E");
  const judging = { roots: trustRoots(options.trust ?? ""), timeStampRoots: trustRoots(options.timeStampTrust ?? ""), now };
  const labelTrust = new Set(options.labelTrust);
  const words = watermarkKey && wordMarkOf(watermarkKey);
  const withStamp = options.timeStamper && stamping(options.timeStamper);
  const film = videoFormat(mp4Format, options.video, options.sound);
  const formats: Readonly<Record<string, Format>> = {
    "image/png": pngFormat,
    "image/jpeg": jpegFormat(options),
    "image/webp": webpFormat(options),
    "image/gif": gifFormat,
    "image/svg+xml": svgFormat,
    "image/avif": avifFormat(options),
    "image/heic": heifFormat,
    "audio/wav": wavFormatMarks,
    "audio/mpeg": soundFormat(mp3Format, options.sound),
    "audio/flac": soundFormat(flacFormat, options.sound),
    "audio/ogg": soundFormat(oggFormat, options.sound),
    "audio/mp4": soundFormat(mp4Format, options.sound),
    "video/mp4": film,
    "video/quicktime": film,
    "video/webm": videoFormat(matroskaFormat, options.video, options.sound),
    "audio/midi": midiFormat,
    "application/vnd.recordare.musicxml+xml": musicXmlFormat,
    "text/vnd.abc": abcFormat,
    "application/pdf": pdfFormat,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": docxFormat,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": xlsxFormat,
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": pptxFormat,
    "text/plain": textFormat,
    "text/markdown": markdownFormat,
    "text/html": htmlFormat,
    "text/vtt": vttFormat,
    "text/srt": srtFormat,
  };

  const look = looker(options);
  const guess = pictureGuesser(options.loadWasm);
  const history = (store: Uint8Array): Promise<History> => historyOf(store, judging);

  /** What the manifest in a file says was done; undefined without one that can be read. */
  async function historyIn(bytes: Uint8Array, container: Container | undefined): Promise<{ history: History } | undefined> {
    try {
      const found = container?.extract(bytes);
      return found && { history: await history(found.store) };
    } catch {
      return undefined; // the C2PA layer says why
    }
  }

  /** The manifest store that the input came with, judged while the input is still as it came. */
  async function parentIn(bytes: Uint8Array, container: Container): Promise<Parent | undefined> {
    const found = container.extract(bytes);
    if (found === undefined) return undefined;
    const { statuses } = await validate(bytes, container, judging);
    return parentOf(found.store, statuses);
  }

  return {
    async seal(media, policy, given) {
      const { language } = policy.marks;
      const provenance = language === "auto" ? given : { ...given, locale: language };
      let mediaType = typeOf(media.mediaType, media.bytes);
      let format = Object.hasOwn(formats, mediaType) ? formats[mediaType] : undefined;
      const marks: Mark[] = [...(provenance.wordMarks ?? [])];
      const warnings: string[] = [];
      // what changes the content first, the label over the watermark; then metadata; and the signature over all last
      const key = policy.marks.watermark ? watermarkKey : undefined;
      const content = await format?.content?.(media.bytes, {
        ...{ policy, provenance },
        ...(key && { watermarkKey: key }),
        ...(media.as !== undefined && { as: media.as }),
      });
      let bytes = content?.bytes ?? media.bytes;
      marks.push(...(content?.marks ?? []));
      warnings.push(...(content?.warnings ?? []));
      let heard: readonly Seen[] | undefined; // before it is compressed, which leaves its fingerprint as it is
      if (media.as !== undefined && mediaType === "audio/wav" && media.as !== mediaType) {
        heard = await look(bytes, mediaType);
        bytes = await encodeAudio(decodeWav(bytes), media.as);
        mediaType = fileTypeOf(media.as);
        format = Object.hasOwn(formats, mediaType) ? formats[mediaType] : undefined;
      }
      const container = Object.hasOwn(containers, mediaType) ? containers[mediaType] : undefined;
      if (policy.marks.metadata) {
        const plain = producedField(producer.code, provenance.artifact, provenance.run);
        const field = labelKey === undefined ? plain : withSecurityData(plain, labelKey);
        const described = format?.metadata(bytes, aigcJson(field), provenance);
        if (described !== undefined) ({ bytes } = described);
        marks.push(...(described?.marks ?? []));
      }
      const seen = heard ?? (await look(bytes, mediaType, content?.raster));
      let signed: { bytes: Uint8Array; container: Container } | undefined;
      if (policy.marks.c2pa && container !== undefined && signer !== undefined && container.fits?.(bytes) !== false) {
        const parent = await parentIn(media.as === undefined ? media.bytes : bytes, container);
        const softBindings = seen.map(softBindingOf);
        const described = bytes;
        const sign = (stamping?: Stamping) =>
          signFile(described, container, provenance, signer, { parent, provider: producer.code, softBindings, stamping });
        const { file, warning }: Stamped = (await withStamp?.(sign)) ?? { file: await sign() };
        bytes = file;
        signed = { bytes, container };
        if (warning !== undefined) warnings.push(`C2PA ${warning}`);
        const timeStamp = withStamp && warning === undefined;
        const data = { ...(parent !== undefined && { parent: true }), ...(timeStamp && { timeStamp }) };
        marks.push({ layer: "c2pa", method: "c2pa.2", ...(Object.keys(data).length > 0 && { data }) });
      }
      const wanted = policy.marks.metadata || policy.marks.c2pa;
      if (wanted && marks.length === 0)
        warnings.push(`${mediaType} has no place for marks: the file itself does not say what made it`);
      const trace = traceOf(seen, signed);
      return {
        kind: "artifact",
        version: 1,
        id: provenance.artifact,
        run: provenance.run,
        mediaType: mediaType === media.mediaType.split(";")[0]?.trim().toLowerCase() ? media.mediaType : mediaType,
        bytes,
        sha256: hexOf(await digest(bytes)),
        marks,
        ...(trace !== undefined && { trace }),
        ...(warnings.length > 0 && { warnings }),
      } satisfies Artifact;
    },

    async read(bytes): Promise<MarkReading> {
      const mediaType = sniff(bytes);
      const format = formats[mediaType];
      const container = containers[mediaType];
      if (format === undefined && container === undefined) return { mediaType, layers: [], labelClass: 0 };
      const reading = await format?.read(bytes, watermarkKey).catch(() => undefined);
      const c2pa = container && layerOf(await validate(bytes, container, judging));
      const past = await historyIn(bytes, container);
      if (reading === undefined) return { mediaType, layers: c2pa === undefined ? [] : [c2pa], labelClass: 0, ...past };
      const { verdict, labelClass } = aigcVerdict(reading.aigc, labelTrust);
      const aigc = agreeing(verdict, c2pa);
      const { watermark } = reading;
      const layers = [reading.label, aigc, reading.iptc, c2pa, watermark].filter((l): l is LayerVerdict => l !== undefined);
      const start = watermark?.status === "valid" ? watermark.data.run : undefined;
      return {
        mediaType,
        layers,
        ...idsOf(c2pa, aigc),
        ...(typeof start === "string" && { runStart: start }),
        labelClass,
        ...past,
      };
    },

    wordMark: words,
    async readWords(bytes, tokens) {
      const text = words && markedWords(bytes, sniff(bytes));
      const tokenised = text === undefined ? [] : await tokens(text);
      return words === undefined || tokenised.length === 0 ? undefined : wordsVerdict(tokenised, words.key);
    },
    look: (bytes) => look(bytes, sniff(bytes)),
    likelihood: (bytes) => guess(bytes, sniff(bytes)),
    history,
  };
}

/** What the bytes are; text has no magic, so there the caller's word counts. */
function typeOf(declared: string, bytes: Uint8Array): string {
  const bare = (declared.split(";")[0] as string).trim().toLowerCase();
  const sniffed = sniff(bytes);
  return sniffed === "text/plain" || sniffed === "application/octet-stream" ? bare : sniffed;
}

const layerOf = ({ statuses: _, ...layer }: C2paVerdict): LayerVerdict => layer;

/** An AIGC field copied from another file names another artifact than the manifest that is bound to these bytes. */
function agreeing(aigc: LayerVerdict, c2pa: LayerVerdict | undefined): LayerVerdict {
  const signed = c2pa?.status === "valid" || c2pa?.status === "untrusted" ? c2pa.data.artifact : undefined;
  const named = aigc.data.ProduceID;
  if (typeof signed !== "string" || typeof named !== "string" || signed === named) return aigc;
  return { ...aigc, status: "invalid", detail: "names another artifact than the signed manifest" };
}

/** Ids that a mark names, the signed one first. Ours begin with their kind. */
function idsOf(c2pa: LayerVerdict | undefined, aigc: LayerVerdict): { run?: string; artifact?: string } {
  const from = (layer: LayerVerdict | undefined, key: string, pattern: RegExp): string | undefined => {
    const value = layer?.status === "valid" || layer?.status === "untrusted" ? layer.data[key] : undefined;
    return typeof value === "string" && pattern.test(value) ? value : undefined;
  };
  const run = from(c2pa, "run", /^\S{1,200}$/) ?? from(aigc, "ReservedCode1", /^run_\w{1,64}$/);
  const artifact = from(c2pa, "artifact", /^\S{1,200}$/) ?? from(aigc, "ProduceID", /^\S{1,200}$/);
  return { ...(run === undefined ? {} : { run }), ...(artifact === undefined ? {} : { artifact }) };
}
