import { z } from "zod";
import { type Colour, colourWords } from "./colours.ts";

export const styles = ["noto", "twemoji", "fluent", "fx", "blob"] as const;
const hex = z.string().regex(/^#?[0-9a-fA-F]{6}$/, "a colour as #RRGGBB");

/** The controls of its own that the picture model has. */
export const PictureControls = z.strictObject({
  style: z.enum(styles).optional().describe("Manner of drawing: noto, twemoji, fluent, fx or blob. 画风：五种表情图标的画法。"),
  colour: z
    .enum(Object.keys(colourWords) as [Colour, ...Colour[]])
    .optional()
    .describe("Main colour, as if the prompt named it. 主色，等同于在描述中说出这种颜色。"),
  palette: z
    .array(hex)
    .min(2)
    .max(16)
    .optional()
    .describe("Hard: every area has one of these colours (#RRGGBB). 硬性：所有色块只用这些颜色。"),
  background: z
    .union([z.literal("transparent"), hex])
    .optional()
    .describe('"transparent" (for PNG and WebP the default) or #RRGGBB. 背景：透明或某种颜色。'),
  strength: z
    .number()
    .min(0.05)
    .max(1)
    .optional()
    .describe("With a picture: how much of it is drawn anew, 0.05 to 1; 0.6. 以图生图：重画的程度。"),
  candidates: z
    .int()
    .min(1)
    .max(8)
    .optional()
    .describe(
      "How many are drawn for each picture, of which the one that fits the words best is kept. 每张图的候选数，取最贴合文字的一张。",
    ),
});
export type PictureControls = z.infer<typeof PictureControls>;
