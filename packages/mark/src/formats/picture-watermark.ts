import type { Raster } from "@inkseal/codec";
import type { LayerVerdict } from "@inkseal/core";
import { detectImage, type Found } from "../watermark/image/detect.ts";
import { embedImage } from "../watermark/image/embed.ts";
import { tiles } from "../watermark/image/pattern.ts";
import { payloadOfRun, runStart } from "../watermark/run-id.ts";
import type { WatermarkFormat } from "./format.ts";

const method = "inkseal.image.1";

/** A still picture's pixels, as stored. */
export interface Pixels {
  /** Undefined for an animation. Throws `bad-file`. */
  decode(bytes: Uint8Array): Promise<Raster | undefined>;
  /** The same file with other pixels; its metadata stays. Absent where marks are only read. */
  encode?(bytes: Uint8Array, raster: Raster): Promise<Uint8Array>;
}

/** What was measured over 12 Kodak photos and parts of them by `npm run bench -- mark`, so that a reader can weigh the verdict. */
const measured = {
  read: "JPEG q30 27 of 27, any turn 108 of 108, 40 % crops 81 of 81",
  falseAlarm: 1e-9,
  copiedMarkPasses: 0.01,
};

/**
 * The image watermark in a file's pixels. `valid`: there, and it follows this picture's content; `untrusted`: there, but the content does not
 * bear it out.
 */
export const pictureWatermark = ({ decode, encode }: Pixels): WatermarkFormat => ({
  async embed(bytes, run, key) {
    const payload = payloadOfRun(run);
    const raster = payload && encode && (await decode(bytes));
    const embedded = raster && embedImage(raster, key, payload);
    if (embedded === undefined || encode === undefined) return undefined;
    const psnr = Math.round(embedded.psnr * 10) / 10;
    return {
      bytes: await encode(bytes, embedded.raster),
      marks: [{ layer: "watermark", method, data: { run: runStart(payload as Uint8Array), psnr } }],
    };
  },
  async detect(bytes, key) {
    const raster = await decode(bytes);
    const found = raster && detectImage(raster, key);
    if (found === undefined) return verdict("absent", "no watermark of this house found", {});
    const { payload, falseAlarm, belongs, binding } = found;
    return verdict(
      belongs ? "valid" : "untrusted",
      belongs
        ? "this house's watermark, made for this picture"
        : "this house's watermark, but not borne out by the picture: copied from another one, or changed too much to tell",
      { run: runStart(payload), falseAlarm, binding: Math.round(binding * 10) / 10, ...placed(found) },
    );
  },
});

const verdict = (status: LayerVerdict["status"], detail: string, data: Record<string, unknown>): LayerVerdict => ({
  layer: "watermark",
  method,
  status,
  detail,
  data: { ...data, measured },
});

/** How the picture was turned and cut since: degrees clockwise, length to the original's length, mirrored. */
function placed({ pose: { a, b, c, d } }: Found): { rotation: number; scale: number; mirrored: boolean } {
  const area = a * d - b * c;
  return {
    rotation: Math.round((Math.atan2(-b, d) * 1800) / Math.PI) / 10,
    scale: Math.round((100 * Math.sqrt(Math.abs(area))) / tiles) / 100,
    mirrored: area < 0,
  };
}
