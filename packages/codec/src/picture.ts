import decodeAvif, { init as initAvif } from "@jsquash/avif/decode.js";
import decodeWebp, { init as initWebp } from "@jsquash/webp/decode.js";
import { bmffAt, bmffData, parseBmff } from "./bmff.ts";
import { badFile, viewOf } from "./bytes.ts";
import { jpegCodec } from "./jpeg-raster.ts";
import { parsePng } from "./png.ts";
import { decodePng } from "./png-raster.ts";
import { maxPixels, type Raster } from "./raster.ts";
import { parseRiff } from "./riff.ts";
import { defaultLoad, type InitWasm, type LoadWasm, wasmReady } from "./wasm.ts";
import { webpCanvas } from "./webp.ts";

/** Decodes the pictures that the web is made of: by media type, for reading only. */
export interface PictureDecoder {
  /** Pixels as stored; undefined for a media type that is not decoded here. Throws `bad-file`. */
  decode(file: Uint8Array, mediaType: string): Promise<Raster | undefined>;
}

/** PNG by our own code; JPEG, WebP and AVIF (its first picture) by MozJPEG, libwebp and libavif as WebAssembly, loaded when first wanted. */
export function pictureDecoder(loadWasm: LoadWasm = defaultLoad): PictureDecoder {
  const jpeg = jpegCodec(loadWasm);
  const webp = wasmReady(loadWasm, "webp_dec", initWebp as InitWasm);
  const avif = wasmReady(loadWasm, "avif_dec", initAvif as InitWasm);
  const decoders: Readonly<Record<string, (file: Uint8Array) => Promise<Raster>>> = {
    "image/png": async (file) => decodePng(parsePng(file)),
    "image/jpeg": (file) => jpeg.decode(file),
    "image/webp": async (file) => {
      bounded(webpCanvas(parseRiff(file)), "WebP");
      await webp();
      return plain(() => decodeWebp(file.slice().buffer as ArrayBuffer), "WebP");
    },
    "image/avif": async (file) => {
      bounded(avifSize(file), "AVIF");
      await avif();
      return plain(() => decodeAvif(file.slice().buffer as ArrayBuffer), "AVIF");
    },
  };
  return { decode: async (file, mediaType) => await decoders[mediaType]?.(file) };
}

async function plain(
  decode: () => Promise<{ width: number; height: number; data: unknown } | null>,
  what: string,
): Promise<Raster> {
  try {
    const picture = await decode();
    if (picture === null) throw badFile(`${what} without a picture`);
    return { width: picture.width, height: picture.height, data: picture.data as Uint8ClampedArray };
  } catch (cause) {
    throw badFile(`${what} does not decode`, cause);
  }
}

function bounded({ width, height }: { readonly width: number; readonly height: number }, what: string): void {
  if (width * height > maxPixels) throw badFile(`${what} of ${width}×${height} pixels is larger than ${maxPixels}`);
}

/** The largest of the spatial extents (`ispe`, ISO/IEC 23008-12, 6.5.3) that the file names. */
function avifSize(file: Uint8Array): { readonly width: number; readonly height: number } {
  const sizes = bmffAt(parseBmff(file), "/meta/iprp/ipco/ispe").map((box) => viewOf(bmffData(file, box)));
  const largest = sizes
    .filter((view) => view.byteLength >= 12)
    .map((view) => ({ width: view.getUint32(4), height: view.getUint32(8) }))
    .sort((a, b) => b.width * b.height - a.width * a.height)[0];
  if (largest === undefined) throw badFile("AVIF without a size");
  return largest;
}
