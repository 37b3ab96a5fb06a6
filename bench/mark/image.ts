/**
 * The image watermark: what it costs the picture, what it outlives, and whom it refuses. Keys and payloads are random in every run. Each row
 * is the share of pictures whose 8 bytes come back exactly; `image_control` is nothing done at all. `--only=image_speed` measures the times alone,
 * for which nothing else should run.
 */
import { randomBytes } from "node:crypto";
import type { Raster } from "@inkseal/codec";
import { detectImage, embedImage } from "@inkseal/mark";
import type { Row } from "../run.ts";
import { mean, worst } from "./figures.ts";
import { falseAlarms } from "./image-false-alarms.ts";
import { speed } from "./image-speed.ts";
import { freshKey, freshPayload, same } from "./keys.ts";
import { attacks, drawings, jpeg, type Picture, photos } from "./pictures.ts";
import { psnr, ssim } from "./similarity.ts";

interface Marked extends Picture {
  readonly key: Uint8Array;
  readonly payload: Uint8Array;
  readonly marked: Raster;
}

const bounds: Readonly<Record<string, string>> = { image_chain: ">=0.95" };

export async function imageRows(options: {
  readonly quick: boolean;
  readonly only: ReadonlySet<string> | undefined;
  log(line: string): void;
}): Promise<Row[]> {
  const { quick, only, log } = options;
  const wants = (name: string): boolean => only === undefined || only.has("image") || only.has(name);
  const pictures = await photos(quick ? 2 : 12);
  const works: Marked[] = [];
  for (const picture of pictures) {
    const [key, payload] = [freshKey(), freshPayload(8)];
    const embedded = embedImage(picture.raster, key, payload);
    if (embedded === undefined) throw new Error(`${picture.name} was refused`);
    works.push({ ...picture, key, payload, marked: embedded.raster });
  }
  const rows: Row[] = [];
  if (wants("image_psnr_db") || wants("image_ssim")) {
    const db = works.map((w) => psnr(w.raster, w.marked));
    const similar = works.map((w) => ssim(w.raster, w.marked));
    const least = works.map((w, i) => `${w.name} ${(db[i] as number).toFixed(1)} dB ${(similar[i] as number).toFixed(4)}`);
    log(least.join("; "));
    const note = `mean of ${works.length} pictures`;
    rows.push({
      name: "image_psnr_db",
      value: mean(db),
      unit: "dB",
      bound: ">=42",
      note: `${note}, least ${Math.min(...db).toFixed(1)}`,
    });
    rows.push({
      name: "image_ssim",
      value: mean(similar),
      unit: "",
      bound: ">=0.985",
      note: `${note}, least ${Math.min(...similar).toFixed(4)}`,
    });
  }
  const random = (): number => (randomBytes(4).readUInt32LE() + 0.5) / 2 ** 32;
  for (const [name, attack] of Object.entries(attacks)) {
    if (!wants(name)) continue;
    const [turns, each] =
      name === "image_rotate_any" ? [51, quick ? 3 : 4] : [1, ["image_crop40", "image_chain"].includes(name) ? 3 : 1];
    let right = 0;
    let count = 0;
    const lost: string[] = [];
    for (const [w, work] of works.entries())
      for (let n = 0; n < each; n++) {
        const turn = (w * each + n * 13 + 1) % turns;
        const found = detectImage(await attack(work.marked, random, turn), work.key);
        count++;
        if (same(found?.payload, work.payload)) right++;
        else lost.push(`${work.name}${turns > 1 ? ` ${7 * turn}°` : ""}`);
      }
    log(`${name}: ${right}/${count}${lost.length > 0 ? `, lost: ${lost.join(", ")}` : ""}`);
    rows.push({ name, value: right / count, unit: "", bound: bounds[name] ?? ">=0.99", note: `${right} of ${count}` });
  }
  if (wants("image_resize")) {
    const row = worst("image_resize", "image_resize_", rows, ">=0.99", "ways: 25 % and any size from 25 to 200 %");
    if (row !== undefined) rows.push(row);
  }
  if (wants("image_forgery")) rows.push(...(await forgery(works)));
  if (wants("image_flat")) rows.push(await flat(log));
  if (wants("image_fp")) rows.push(await falseAlarms(quick ? 1000 : 100_000, quick ? 5 : 240, log));
  if (wants("image_speed")) rows.push(...(await speed(pictures[0] as Picture, log)));
  return rows;
}

/** The mark of one picture laid over the others: its very residual, and the mean residual of five works that carry one payload. */
async function forgery(works: readonly Marked[]): Promise<Row[]> {
  let forged = 0;
  let passed = 0;
  let copies = 0;
  let lost = 0;
  const groups = new Map<string, Marked[]>();
  for (const work of works) {
    const size = `${work.raster.width}×${work.raster.height}`;
    groups.set(size, [...(groups.get(size) ?? []), work]);
  }
  const lay = (on: Raster, residual: (i: number) => number): Raster => ({
    ...on,
    data: on.data.map((x, i) => x + residual(i)),
  });
  for (const group of groups.values()) {
    const [key, payload] = [freshKey(), freshPayload(8)];
    const batch = group.map((w) => ({ raster: w.raster, marked: embedImage(w.raster, key, payload)!.raster }));
    for (const [i, { raster, marked }] of batch.entries()) {
      copies++;
      const copy = detectImage(await jpeg(marked, 50), key);
      if (!same(copy?.payload, payload) || !copy?.belongs) lost++;
      for (let step = 1; step <= 3 && step < batch.length; step++) {
        const other = batch[(i + step) % batch.length]!;
        forged++;
        if (
          detectImage(
            lay(other.raster, (p) => 1.2 * (marked.data[p]! - raster.data[p]!)),
            key,
          )?.belongs
        )
          passed++;
      }
      const lent = batch.filter((_, j) => j !== i).slice(0, 5);
      if (lent.length < 2) continue;
      forged++;
      const average = (p: number): number =>
        lent.reduce((s, b) => s + b.marked.data[p]! - b.raster.data[p]!, 0) / Math.sqrt(lent.length);
      if (detectImage(lay(raster, average), key)?.belongs) passed++;
    }
  }
  return [
    {
      name: "forgery_rejected",
      value: 1 - passed / forged,
      unit: "",
      bound: ">=0.99",
      note: `${forged} lifted or averaged residuals, ${passed} passed`,
    },
    {
      name: "forgery_loss",
      value: lost / copies,
      unit: "",
      bound: "<=0.02",
      note: `${copies} JPEG q50 copies of genuine works, ${lost} not confirmed`,
    },
  ];
}

async function flat(log: (line: string) => void): Promise<Row> {
  let honest = 0;
  const all = await drawings();
  for (const { name, raster } of all) {
    const [key, payload] = [freshKey(), freshPayload(8)];
    const embedded = embedImage(raster, key, payload);
    const back = embedded && same(detectImage(await jpeg(embedded.raster, 50), key)?.payload, payload);
    log(
      `${name}: ${embedded === undefined ? "refused" : `${psnr(raster, embedded.raster).toFixed(1)} dB, JPEG q50 ${back ? "read" : "LOST"}`}`,
    );
    if (embedded === undefined || back) honest++;
  }
  return {
    name: "image_flat",
    value: honest / all.length,
    unit: "",
    bound: ">=1",
    note: "flat art, a line drawing, one colour: read after JPEG q50, or refused",
  };
}
