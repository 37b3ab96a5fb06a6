import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Values } from "../weights.ts";
import { type Integers, readSafetensors, writeSafetensors } from "./safetensors.ts";

/** Written by Hugging Face's safetensors 0.8.0 (Python) from seven tensors of five types, one scalar, one empty. */
const theirs = Uint8Array.from(
  Buffer.from(
    "c0010000000000007b225f5f6d657461646174615f5f223a7b227a223a22e6b5b7222c22666f726d6174223a226e70227d2c22656d707479223a7b226474797065223a22463332222c227368617065223a5b302c345d2c22646174615f6f666673657473223a5b302c305d7d2c226d6f64656c2e62223a7b226474797065223a22463332222c227368617065223a5b322c335d2c22646174615f6f666673657473223a5b302c32345d7d2c227363616c6172223a7b226474797065223a22463332222c227368617065223a5b5d2c22646174615f6f666673657473223a5b32342c32385d7d2c2269223a7b226474797065223a22493332222c227368617065223a5b325d2c22646174615f6f666673657473223a5b32382c33365d7d2c2268616c66223a7b226474797065223a22463136222c227368617065223a5b355d2c22646174615f6f666673657473223a5b33362c34365d7d2c2261223a7b226474797065223a224938222c227368617065223a5b322c325d2c22646174615f6f666673657473223a5b34362c35305d7d2c2275223a7b226474797065223a225538222c227368617065223a5b335d2c22646174615f6f666673657473223a5b35302c35335d7d7d202020000020c00000c0bf000000bf0000003f0000c03f0000204000005040ffffff7ff9ffffff003e66aeff7b0100007c01fe03fc00ff07",
    "hex",
  ),
);

/** A file of any header, with its length before it. */
function file(header: unknown, data: Uint8Array | number = 0, claimed?: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const body = typeof data === "number" ? new Uint8Array(data) : data;
  const bytes = new Uint8Array(8 + json.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(claimed ?? json.length), true);
  bytes.set(json, 8);
  bytes.set(body, 8 + json.length);
  return bytes;
}
const tensor = (dtype: string, shape: number[], begin: number, end: number) => ({ dtype, shape, data_offsets: [begin, end] });

describe("readSafetensors", () => {
  it("reads what Hugging Face's own library wrote", () => {
    const { weights, integers, metadata } = readSafetensors(theirs);
    expect(metadata).toEqual({ format: "np", z: "海" });
    expect(weights.get("model.b")).toEqual({ shape: [2, 3], data: Float32Array.of(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5) });
    expect(weights.get("scalar")).toEqual({ shape: [], data: Float32Array.of(3.25) });
    expect(weights.get("empty")).toEqual({ shape: [0, 4], data: new Float32Array() });
    expect([...weights.get("half")!.data]).toEqual([1.5, -0.0999755859375, 65504, 2 ** -24, Infinity]);
    expect(integers.get("a")).toEqual({ shape: [2, 2], data: Int8Array.of(1, -2, 3, -4) });
    expect(integers.get("i")).toEqual({ shape: [2], data: Int32Array.of(2 ** 31 - 1, -7) });
    expect(integers.get("u")).toEqual({ shape: [3], data: Uint8Array.of(0, 255, 7) });
  });
  it("widens bfloat16 exactly, and takes a file that starts at any address", () => {
    const bits = new Uint8Array(Uint16Array.of(0x3f80, 0xc000, 0x7f80, 0x0001, 0x8000).buffer);
    const bytes = file({ w: tensor("BF16", [5], 0, 10) }, bits);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect([...readSafetensors(shifted.subarray(3)).weights.get("w")!.data]).toEqual([1, -2, Infinity, 2 ** -133, -0]);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["nothing", new Uint8Array(), /0 bytes/],
    ["another format", new TextEncoder().encode("GGUF and then some more"), /over the limit/],
    ["a header past the limit", file("{}", 0, 100_000_001), /limit/],
    ["a header past the end", file("{}", 0, 3), /ends after 2/],
    ["white space first", file(" {}"), /start with {/],
    ["broken JSON", file('{"a":'), /not JSON/],
    ["broken UTF-8", file('{"a\ufffd":1}').map((b) => (b === 0xef ? 0xff : b)), /not JSON in UTF-8/],
    ["metadata of numbers", file({ __metadata__: { a: 1 } }), /metadata/],
    ["metadata that is a list", file({ __metadata__: null }), /metadata/],
    ["an entry that is none", file({ a: 3 }), /"a" is malformed/],
    ["a negative side", file({ a: tensor("F32", [-1], 0, 4) }, 4), /malformed at shape/],
    ["a foreign dtype", file({ a: tensor("F64", [1], 0, 8) }, 8), /dtype "F64"; the Lab reads F32/],
    ["a dtype of Object's", file({ a: tensor("constructor", [1], 0, 8) }, 8), /dtype/],
    ["a shape that needs more", file({ a: tensor("F32", [2], 0, 4) }, 4), /has 4 bytes, but its shape needs 8/],
    ["a shape beyond numbers", file({ a: tensor("F32", [2 ** 52, 2 ** 52, 0], 0, 4) }, 4), /shape needs/],
    ["ends before starts", file({ a: tensor("U8", [0], 4, 0) }, 4), /starts at 4/],
    ["an overlap", file({ a: tensor("U8", [4], 0, 4), b: tensor("U8", [4], 2, 6) }, 6), /overlap/],
    ["a gap", file({ a: tensor("U8", [1], 0, 1), b: tensor("U8", [1], 2, 3) }, 3), /gaps/],
    [
      "a name given twice",
      file('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}', 2),
      /where 0 was due/,
    ],
    ["a tensor past the end", file({ a: tensor("F32", [2], 0, 8) }, 7), /after the file's last byte/],
    ["bytes of nobody", file({ a: tensor("U8", [1], 0, 1) }, 3), /2 bytes at its end/],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(
      expect.objectContaining({ code: "bad-file", message: expect.stringMatching(message) }),
    );
  });

  it("never fails with anything but bad-file, however a file is broken", () => {
    const ours = writeSafetensors(new Map([["layer.0", { shape: [3, 1], data: Float32Array.of(1, 2, 3) }]]), { a: "b" });
    const edit = fc.record({ at: fc.nat(), value: fc.nat(255), cut: fc.boolean() });
    fc.assert(
      fc.property(fc.constantFrom(theirs, ours), fc.array(edit, { minLength: 1, maxLength: 6 }), (sound, edits) => {
        let bytes = sound.slice();
        for (const { at, value, cut } of edits) {
          // Half of the edits hit the header's length and JSON, where the decisions are.
          const place = value % 2 === 0 ? at % 64 : at % bytes.length;
          if (cut) bytes = bytes.slice(0, Math.max(place, 1));
          else bytes[place % bytes.length] = value;
        }
        try {
          for (const { shape, data } of readSafetensors(bytes).weights.values())
            expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
        } catch (error) {
          expect(error).toMatchObject({ code: "bad-file" });
        }
      }),
      { numRuns: 2000 },
    );
  });
  it("never fails with anything but bad-file, whatever the header says", () => {
    const number = fc.oneof(fc.nat(40), fc.constantFrom(2 ** 31, 2 ** 53 - 1, 2 ** 60, -1, 0.5));
    const entry = fc.record({
      dtype: fc.constantFrom("F32", "F16", "BF16", "I8", "U8", "I32", "F64", "__proto__"),
      shape: fc.array(number, { maxLength: 4 }),
      data_offsets: fc.array(number, { minLength: 1, maxLength: 3 }),
    });
    const header = fc.dictionary(fc.string(), fc.oneof(entry, fc.jsonValue()), { maxKeys: 4 });
    fc.assert(
      fc.property(header, fc.nat(60), (h, size) => {
        try {
          readSafetensors(file(h, size));
        } catch (error) {
          expect(error).toMatchObject({ code: "bad-file" });
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("writeSafetensors", () => {
  const shaped = <T>(array: (length: { minLength: number; maxLength: number }) => fc.Arbitrary<T>) =>
    fc.array(fc.nat(4), { maxLength: 3 }).chain((shape) => {
      const length = shape.reduce((a, b) => a * b, 1);
      return fc.record({ shape: fc.constant(shape), data: array({ minLength: length, maxLength: length }) });
    });
  const floats: fc.Arbitrary<Values> = shaped((length) => fc.float32Array(length));
  const whole: fc.Arbitrary<Integers> = shaped((length) =>
    fc.oneof<fc.Arbitrary<Integers["data"]>[]>(fc.int8Array(length), fc.uint8Array(length), fc.int32Array(length)),
  );
  const name = fc.string({ unit: "grapheme", minLength: 1 }).filter((n) => n !== "__metadata__");

  it("gives back every bit, in order, with aligned tensors", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(name, floats, whole, fc.boolean()), { maxLength: 8, selector: ([n]) => n }),
        fc.dictionary(fc.string(), fc.string()),
        (tensors, metadata) => {
          const weights = new Map(tensors.flatMap(([n, f, , isFloat]) => (isFloat ? [[n, f] as const] : [])));
          const integers = new Map(tensors.flatMap(([n, , i, isFloat]) => (isFloat ? [] : [[n, i] as const])));
          const bytes = writeSafetensors(weights, metadata, integers);
          const back = readSafetensors(bytes);
          expect(back.metadata).toEqual({ ...metadata });
          expect(new Map(back.integers)).toEqual(integers);
          for (const [key, { shape, data }] of weights) {
            const again = back.weights.get(key)!;
            expect(again.shape).toEqual(shape);
            expect(
              Buffer.compare(Buffer.from(again.data.buffer), Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
            ).toBe(0);
          }
          const filled = (map: ReadonlyMap<string, Values>) => [...map].filter(([, v]) => v.data.length > 0).map(([n]) => n);
          expect(filled(back.weights)).toEqual(filled(weights));
          const header = Number(new DataView(bytes.buffer).getBigUint64(0, true));
          expect(header % 8).toBe(0);
          expect(writeSafetensors(weights, Object.fromEntries(Object.entries(metadata).reverse()), integers)).toEqual(bytes);
        },
      ),
    );
  });
  it("refuses shapes that do not fit and names that cannot be", () => {
    const one = { shape: [1], data: new Float32Array(1) };
    const refused = expect.objectContaining({ code: "bad-request" });
    expect(() => writeSafetensors(new Map([["a", { ...one, shape: [2] }]]))).toThrow(refused);
    expect(() => writeSafetensors(new Map([["__metadata__", one]]))).toThrow(refused);
    expect(() => writeSafetensors(new Map([["a", one]]), {}, new Map([["a", { shape: [1], data: new Int8Array(1) }]]))).toThrow(
      refused,
    );
  });
});
