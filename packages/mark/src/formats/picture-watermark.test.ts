import { decodePng, encodePng, parsePng, type Raster, writePng } from "@inkseal/codec";
import sharp from "sharp";
import { expect, test } from "vitest";
import { cleared, policy, provenance, withMarks } from "../../test/fixtures.ts";
import { scene } from "../../test/scene.ts";
import { createMarker } from "../index.ts";

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

test.each(["png", "jpeg"] as const)(
  "%s: sealed below the label; cropped and stripped, it still names its run",
  async (type) => {
    const bytes = type === "png" ? picture : new Uint8Array(await sharp(picture).jpeg({ quality: 92 }).toBuffer());
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
  expect((await marker.seal(cleared(`image/${type}`, copy), policy, provenance)).marks.map((m) => m.layer)).not.toContain(
    "watermark",
  );
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
