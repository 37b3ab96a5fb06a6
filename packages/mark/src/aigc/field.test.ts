import fc from "fast-check";
import { expect, test } from "vitest";
import { aigcJson, aigcKeys, parseAigc, producedField } from "./field.ts";
import { aigcVerdict } from "./verdict.ts";

const good = aigcJson(producedField("INKSEAL", "art_1", "run_1"));

test("exactly the seven fields, strings, in the standard's order, without white space", () => {
  expect(good).toBe(
    '{"Label":"1","ContentProducer":"INKSEAL","ProduceID":"art_1","ReservedCode1":"run_1","ContentPropagator":"","PropagateID":"","ReservedCode2":""}',
  );
  expect(parseAigc(good)?.faults).toEqual([]);
});

test("characters outside 0x21–0x7E are refused on writing and reported on reading", () => {
  for (const bad of ["", "a b", "甲", "a\n", "\x7f"]) {
    expect(() => producedField(bad, "a", "r")).toThrowError(expect.objectContaining({ code: "bad-request" }));
    if (bad !== "") expect(parseAigc(good.replace("INKSEAL", JSON.stringify(bad).slice(1, -1)))?.faults).toHaveLength(1);
  }
  fc.assert(
    fc.property(fc.stringMatching(/^[!-~]{1,40}$/), (code) => {
      expect(parseAigc(aigcJson(producedField(code, "a", "r")))).toEqual({ field: producedField(code, "a", "r"), faults: [] });
    }),
  );
});

// as found in the wild: see docs/formats/aigc.md
test.each([
  ["wrapped (Annex B)", `{"AIGC":${good}}`, []],
  ["encoded twice", JSON.stringify(good), ["encoded twice"]],
  ["Label AIGC", good.replace('"Label":"1"', '"Label":"AIGC"'), ["Label is none of 1, 2, 3"]],
  ["Label a number", good.replace('"Label":"1"', '"Label":1'), ["Label is not a string"]],
  ["misspelt", good.replace("ReservedCode1", "ReserveCode1"), ["ReservedCode1 is missing", "1 unknown fields"]],
  ["order", JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(good)).reverse())), ["fields out of order"]],
])("%s", (_, text, faults) => {
  expect(parseAigc(text)?.faults).toEqual(faults);
  expect(aigcVerdict([{ carrier: "xmp", text }]).verdict.status).toBe(faults.length === 0 ? "valid" : "untrusted");
});

test("the class is the Label of the first readable field, and two fields are one too many", () => {
  const of = (label: string) => ({ carrier: "xmp", text: good.replace('"1"', `"${label}"`) });
  expect(["1", "2", "3", "4"].map((l) => aigcVerdict([of(l)]).labelClass)).toEqual([1, 2, 3, 0]);
  expect(aigcVerdict([]).verdict.status).toBe("absent");
  expect(aigcVerdict([of("1"), of("1")]).verdict).toMatchObject({
    status: "untrusted",
    detail: expect.stringContaining("2 fields"),
  });
  expect(aigcVerdict([{ carrier: "riff", text: "{" }]).verdict.status).toBe("invalid");
});

test("any text and any JSON is a reading or undefined", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parseAigc(text)));
  const hostile = fc.dictionary(fc.constantFrom(...aigcKeys, "__proto__", "AIGC"), fc.jsonValue());
  fc.assert(fc.property(hostile, (v) => void aigcVerdict([{ carrier: "x", text: JSON.stringify(v) }])));
});
