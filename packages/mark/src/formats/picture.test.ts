import { decodePng, encodePng, parsePng, type Raster, writePng } from "@inkseal/codec";
import sharp from "sharp";
import { expect, test } from "vitest";
import { cleared, policy, provenance, withMarks } from "../../test/fixtures.ts";
import { scene } from "../../test/scene.ts";
import { createMarker, readCorner } from "../index.ts";

const watermarkKey = new Uint8Array(32).fill(9);
const marker = createMarker({ producer: { code: "INKSEAL" }, watermarkKey });
const file = (of: Raster): Uint8Array => writePng(encodePng(of));
const raster = scene(640, 480, 3);
const picture = file(raster);
const start = provenance.run.slice(0, 17);
const watermarkOf = async (bytes: Uint8Array) => {
  const { layers, runStart } = await marker.read(bytes);
  return { layer: layers.find((l) => l.layer === "watermark"), runStart };
};

test.each(["png", "jpeg", "webp", "avif"] as const)(
  "%s: sealed below the label; cropped and stripped, it still names its run",
  async (type) => {
    const bytes = new Uint8Array(await sharp(picture).toFormat(type, { quality: 92, effort: 1 }).toBuffer());
    const artifact = await marker.seal(cleared(`image/${type}`, bytes), policy, provenance);
    expect(artifact.marks.map((m) => m.layer)).toEqual(["watermark", "label", "aigc", "iptc"]);
    expect(artifact.marks[0]).toMatchObject({ method: "inkseal.image.1", data: { run: start } });
    const part = await sharp(artifact.bytes)
      .extract({ left: 70, top: 40, width: 440, height: 330 })
      .flop()
      .jpeg({ quality: 80 })
      .toBuffer();
    expect(await watermarkOf(new Uint8Array(part))).toMatchObject({
      layer: { status: "valid", data: { run: start, mirrored: true, scale: 0.69 } },
      runStart: start,
    });
  },
);

test.each(["webp", "avif"] as const)("others' %s of a sealed picture is read", async (type) => {
  const { bytes } = await marker.seal(cleared("image/png", picture), policy, provenance);
  const copy = new Uint8Array(await sharp(bytes).toFormat(type, { quality: 50, effort: 2 }).toBuffer());
  expect(await watermarkOf(copy)).toMatchObject({ layer: { data: { run: start } } });
});

const rgba = (file: Uint8Array, page = 0) => sharp(file, { page }).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
const rasterIn = async (file: Uint8Array, page = 0): Promise<Raster> => {
  const { data, info } = await rgba(file, page);
  return { width: info.width, height: info.height, data: new Uint8ClampedArray(data) };
};
/** Pixels that differ, and how many of them lie left of or above the label's corner. */
function changed(a: Raster, b: Raster): { readonly in: number; readonly out: number } {
  const counts = { in: 0, out: 0 };
  for (let i = 0; i < a.data.length; i += 4) {
    if ([0, 1, 2].every((c) => a.data[i + c] === b.data[i + c])) continue;
    const [x, y] = [(i / 4) % a.width, Math.floor(i / 4 / a.width)];
    counts[x > a.width * 0.45 && y > a.height * 0.8 ? "in" : "out"]++;
  }
  return counts;
}

test("a lossless WebP with a label has no other pixel changed, keeps its transparency and its metadata", async () => {
  const photo = sharp(picture)
    .ensureAlpha(0.5)
    .withExif({ IFD0: { Software: "brush" } });
  const bytes = new Uint8Array(await photo.webp({ lossless: true }).toBuffer());
  const sealed = await createMarker({ producer: { code: "X" } }).seal(cleared("image/webp", bytes), policy, provenance);
  const counts = changed(await rasterIn(bytes), await rasterIn(sealed.bytes));
  expect(counts.in).toBeGreaterThan(500);
  expect(counts.out).toBe(0);
  expect((await sharp(sealed.bytes).metadata()).exif?.toString("latin1")).toContain("brush");
  expect((await rasterIn(sealed.bytes)).data[3]).toBe(127);
});

test("every frame of a GIF shows the label, and nothing else of it changes: with full tables, holes and frames in parts", async () => {
  const pages = Array.from({ length: 5 }, (_, n) => scene(320, 240, n < 3 ? 5 : 6)); // the first three differ in a part alone
  for (const [n, page] of pages.entries()) page.data.fill(n % 2 === 0 ? 40 : 220, 4 * 320 * 20, 4 * 320 * (30 + 8 * n));
  const raw = { width: 320, height: 1200, channels: 4 as const, pageHeight: 240 };
  const all = Buffer.concat(pages.map((p) => Buffer.from(p.data.buffer)));
  for (const options of [{ colours: 256 }, { colours: 16 }, { colours: 64, interFrameMaxError: 8 }]) {
    const bytes = new Uint8Array(
      await sharp(all, { raw })
        .gif({ loop: 0, delay: 80, ...options })
        .toBuffer(),
    );
    const artifact = await marker.seal(cleared("image/gif", bytes), policy, provenance);
    expect((await sharp(artifact.bytes).metadata()).pages).toBe(5);
    for (let n = 0; n < 5; n++) {
      const [before, after] = [await rasterIn(bytes, n), await rasterIn(artifact.bytes, n)];
      expect(readCorner(after)).toMatchObject({ text: "AI生成" });
      expect(changed(before, after).out).toBe(0);
    }
    expect((await marker.read(artifact.bytes)).layers.find((l) => l.layer === "label")?.status).toBe("valid");
  }
});

test("a mark carried to another picture names nothing", async () => {
  const { bytes } = await marker.seal(cleared("image/png", picture), withMarks({ image: "none" }), provenance);
  const marked = decodePng(parsePng(bytes));
  const other = scene(640, 480, 4);
  const forged = other.data.map((x, i) => x + (marked.data[i] as number) - (raster.data[i] as number));
  const { layer, runStart } = await watermarkOf(file({ ...other, data: forged }));
  expect(layer?.status).toBe("untrusted");
  expect(runStart).toBeUndefined();
});

test("no watermark by policy, without a key, for foreign ids and small pictures; and then none is claimed", async () => {
  const layersOf = async (m: typeof marker, bytes: Uint8Array, marks = policy, run = provenance.run) =>
    (await m.seal(cleared("image/png", bytes), marks, { ...provenance, run })).marks.map((x) => x.layer);
  expect(await layersOf(marker, picture, withMarks({ watermark: false }))).not.toContain("watermark");
  expect(await layersOf(marker, picture, policy, "run_x")).not.toContain("watermark");
  expect(await layersOf(marker, file(scene(100, 100, 1)))).not.toContain("watermark");
  const keyless = createMarker({ producer: { code: "INKSEAL" } });
  expect(await layersOf(keyless, picture)).not.toContain("watermark");
  expect((await keyless.read(picture)).layers.map((l) => l.layer)).not.toContain("watermark");
  expect((await watermarkOf(picture)).layer).toMatchObject({ status: "absent" });
  expect(() => createMarker({ producer: { code: "X" }, watermarkKey: new Uint8Array(8) })).toThrowError(
    expect.objectContaining({ code: "bad-request" }),
  );
});
