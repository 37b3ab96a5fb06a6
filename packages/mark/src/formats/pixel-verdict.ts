import type { LayerVerdict } from "@inkseal/core";
import type { Found } from "../watermark/image/detect.ts";
import { tiles } from "../watermark/image/pattern.ts";
import { runStart } from "../watermark/run-id.ts";

/** Where the mark is looked for, and what was measured there by `npm run bench -- mark`, so that a reader can weigh the verdict. */
interface Kind {
  readonly method: string;
  readonly noun: string;
  readonly measured: Readonly<Record<string, unknown>>;
}

export const imageKind: Kind = {
  method: "inkseal.image.1",
  noun: "picture",
  // 12 Kodak photos and parts of them
  measured: {
    read: "JPEG q30 27 of 27, any turn 108 of 108, 40 % crops 81 of 81",
    falseAlarm: 1e-9,
    copiedMarkPasses: 0.01,
  },
};

export const videoKind: Kind = {
  method: "inkseal.video.1",
  noun: "film",
  // nine films of 720p and 3 s; the one that is lost is a pan by 24 pixels a frame
  measured: {
    read: "VP9, 24 frames a second: 9 of 9 each; H.264 CRF 28, 480 lines, a crop to 60 %: 8 of 9 each; H.264 CRF 32: 7 of 9",
    falseAlarm: 1e-9,
  },
};

/** `valid`: there, and it follows the content; `untrusted`: there, but the content does not bear it out. */
export function pixelVerdict({ method, noun, measured }: Kind, found: Found | undefined): LayerVerdict {
  const verdict = (status: LayerVerdict["status"], detail: string, data: Record<string, unknown>): LayerVerdict => ({
    layer: "watermark",
    method,
    status,
    detail,
    data: { ...data, measured },
  });
  if (found === undefined) return verdict("absent", "no watermark of this house found", {});
  const { payload, falseAlarm, belongs, binding } = found;
  return verdict(
    belongs ? "valid" : "untrusted",
    belongs
      ? `this house's watermark, made for this ${noun}`
      : `this house's watermark, but not borne out by the ${noun}: copied from another one, or changed too much to tell`,
    { run: runStart(payload), falseAlarm, binding: Math.round(binding * 10) / 10, ...placed(found) },
  );
}

/** How the picture was turned and cut since: degrees clockwise, length to the original's length, mirrored. */
function placed({ pose: { a, b, c, d } }: Found): { rotation: number; scale: number; mirrored: boolean } {
  const area = a * d - b * c;
  return {
    rotation: Math.round((Math.atan2(-b, d) * 1800) / Math.PI) / 10,
    scale: Math.round((100 * Math.sqrt(Math.abs(area))) / tiles) / 100,
    mirrored: area < 0,
  };
}
