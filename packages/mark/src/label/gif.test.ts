import { gifFirst, parseGif } from "@inkseal/codec";
import sharp from "sharp";
import { expect, test } from "vitest";
import { readCorner } from "./corner.ts";
import { labelGif } from "./gif.ts";

test.each([190, 20])(
  "a full table of colours that are all alike (around %i) gives two up, so that the label can be read",
  async (level) => {
    const [width, height] = [400, 320];
    // 216 colours and more, none far from another
    const data = Buffer.from({ length: 3 * width * height }).map((_, i) => level + (((i * 2654435761) >>> 16) % 40));
    const bytes = new Uint8Array(
      await sharp(data, { raw: { width, height, channels: 3 } })
        .gif({ colours: 256, dither: 0 })
        .toBuffer(),
    );
    const before = gifFirst(parseGif(bytes))!;
    const after = gifFirst(labelGif(parseGif(bytes), "en")!.gif)!;
    expect(readCorner(after)?.text).toBe("AI-generated");
    const shown = Array.from({ length: width * height }, (_, i) => after.data[4 * i]!);
    const sorted = [...shown].sort((a, b) => a - b);
    expect(sorted.at(-1)! - sorted[0]!).toBeGreaterThan(150); // of 40 before
    const moved = shown.filter((v, i) => i < width * 240 && v !== before.data[4 * i]);
    expect(moved.length).toBeLessThan(width * 240 * 0.03);
  },
);
