/** The picture model's figures, by the script that also writes its model card. Kept until sources or weights change. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { kept } from "../kept.ts";
import { runJson } from "../lab/table.ts";
import type { Row } from "../run.ts";

interface Figures {
  readonly r1: number;
  readonly r1Trained: number;
  readonly r1Real: number;
  readonly realCount: number;
  readonly copying: { readonly threshold: number; readonly heldMedian: number; readonly median: number; readonly rate: number };
}
const root = fileURLToPath(new URL("../../", import.meta.url));

export async function pictureFigures({ fresh }: { readonly fresh: boolean }): Promise<Row[]> {
  const sources = ["packages/creators/src/picture", "packages/creators/train/picture"];
  const weights = await readFile(`${root}packages/creators/weights/picture/model.packed.safetensors`);
  const digest = createHash("sha256").update(weights).digest("hex").slice(0, 12);
  const { value, at, now } = await kept(`picture-figures-${digest}`, { sources, fresh }, () =>
    runJson<Figures>(`${root}packages/creators/train/picture/figures.ts`, [`${root}.train/picture`]),
  );
  const { r1, r1Trained, r1Real, realCount, copying } = value;
  const when = now ? "" : `; measured ${at}`;
  const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;
  return [
    {
      ...{ name: "picture_r1", value: r1, unit: "share" },
      note: `generated pictures whose own prompt is nearest of 64 that name no training picture; of 64 trained names ${percent(r1Trained)}, real held-out pictures (of ${realCount}) ${percent(r1Real)}, chance 1.6 %${when}`,
    },
    {
      ...{ name: "picture_copy_rate", value: copying.rate, unit: "share" },
      note: `nearer to a training picture than ${copying.threshold.toFixed(4)}, the fifth percentile of real held-out ones (0.05 would be as new); medians ${copying.median.toFixed(4)}, real ${copying.heldMedian.toFixed(4)}${when}`,
    },
  ];
}
