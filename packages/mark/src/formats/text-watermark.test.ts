import { defaultPolicy, type MediaPart, type Policy, PolicySchema, type Provenance } from "@inkseal/core";
import { expect, test } from "vitest";
import { createMarker } from "../index.ts";

const marker = createMarker({ producer: { code: "INKSEAL" }, watermarkKey: new Uint8Array(32).fill(9) });
const asking = PolicySchema.parse({ name: "asking", marks: { wording: true } });
const provenance: Provenance = {
  run: "run_1",
  artifact: "art_1",
  at: "2026-11-25T00:00:00Z",
  engine: "a",
  model: "m",
  place: "cloud",
  source: "trained",
  locale: "zh-CN",
};
const text = Array.from(
  { length: 4 },
  (_, i) =>
    `第${i}章：因此我们经常使用Python和Rust。虽然Rust非常快，但是学习它大约需要3个月。例如，也许你突然想学Linux${i}呢？`,
).join("\n\n");
type Cleared = Parameters<typeof marker.seal>[0];
const sealed = (policy: Policy, more: Partial<Provenance> = {}) => {
  const part: MediaPart = { mediaType: "text/plain", bytes: new TextEncoder().encode(text), last: true };
  return marker.seal(part as Cleared, policy, { ...provenance, ...more });
};
const watermarkOf = async (bytes: Uint8Array) => (await marker.read(bytes)).layers.find((l) => l.layer === "watermark");

test("words that come from elsewhere are marked by choices of wording where the policy asks for it, under their label", async () => {
  const { bytes, marks } = await sealed(asking);
  expect(marks).toContainEqual({ layer: "watermark", method: "inkseal.wording.1", data: { places: expect.any(Number) } });
  expect(await watermarkOf(bytes)).toMatchObject({ method: "inkseal.wording.1", status: "valid" });
  const bare = new TextDecoder()
    .decode(bytes)
    .replace(/\n\n（.*）\n$/, "")
    .normalize("NFKC");
  expect(await watermarkOf(new TextEncoder().encode(bare))).toMatchObject({ status: "valid" });
});

test("not unasked, and not over words that an engine marked", async () => {
  const plain = await sealed(defaultPolicy);
  expect(plain.marks.map((m) => m.layer)).not.toContain("watermark");
  expect(await watermarkOf(plain.bytes)).toMatchObject({ status: "absent" });
  const drawn = { layer: "watermark", method: "inkseal.text.1" } as const;
  const { marks } = await sealed(asking, { wordMarks: [drawn] });
  expect(marks.filter((m) => m.layer === "watermark")).toEqual([drawn]);
});
