import type { LayerVerdict } from "@inkseal/core";
import { expect, test } from "vitest";
import { judge } from "./judge.ts";

const layer = (name: LayerVerdict["layer"], status: LayerVerdict["status"], data = {}): LayerVerdict => ({
  ...{ layer: name, method: "test", status, detail: "", data },
});
const nothing = { empty: false, exact: false, alike: false, known: false, asked: true, compared: true, gap: false };
const of = (layers: LayerVerdict[], beyond = {}, labelClass: 0 | 1 | 2 | 3 = 0) =>
  judge({ mediaType: "image/png", layers, labelClass }, { ...nothing, ...beyond });

test("likeness is suspected, never recognised, and never hides a contradiction", () => {
  expect(of([], { alike: true, known: true })).toMatchObject({ verdict: "similar", labelClass: 3 });
  expect(of([layer("c2pa", "invalid")], { alike: true })).toMatchObject({ verdict: "altered" });
  expect(of([layer("watermark", "untrusted")])).toMatchObject({ verdict: "unknown", labelClass: 0 });
  expect(of([], { alike: true }, 2).labelClass).toBe(2);
});

test("a watermark is a trace without metadata; metadata decide the class; the ledger's own bytes are confirmed", () => {
  expect(of([layer("watermark", "valid")])).toMatchObject({ verdict: "recognised", labelClass: 3 });
  expect(of([layer("aigc", "valid"), layer("watermark", "valid")], {}, 1).labelClass).toBe(1);
  expect(of([], { exact: true, known: true })).toMatchObject({ verdict: "recognised", labelClass: 1 });
});

test("what could not be known", () => {
  expect(of([]).unknown).toEqual(["absence", "watermark"]);
  expect(of([], { asked: false, compared: false }).unknown).toEqual(["absence", "ledger", "watermark"]);
  expect(of([layer("c2pa", "valid"), layer("watermark", "absent")]).unknown).toEqual(["time"]);
  expect(of([layer("c2pa", "valid", { timeStamp: { status: "valid" } }), layer("watermark", "absent")]).unknown).toEqual([]);
  expect(of([layer("watermark", "valid")], { known: true, gap: true }).unknown).toEqual(["changes", "earlier"]);
});
