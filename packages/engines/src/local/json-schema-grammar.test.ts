import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type InksealError, parseBrief } from "@inkseal/core";
import { gbnfMatcher, writeTinyGguf } from "@inkseal/testkit";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { integerRange } from "./integer-range.ts";
import { grammarOfSchema } from "./json-schema-grammar.ts";
import { llamaEngine } from "./llama.ts";

type Schema = Record<string, unknown>;
/** A schema and a value that is valid under it. */
interface Case {
  readonly schema: Schema;
  readonly value: unknown;
}
const ajv = new Ajv2020({ strict: false, validateFormats: false });
const word = fc.string({ unit: "grapheme", maxLength: 6 });
const range = fc.tuple(fc.integer({ min: -2_000, max: 2_000 }), fc.nat(3_000), fc.nat());

const leaf: fc.Arbitrary<Case> = fc.oneof(
  word.map((value) => ({ schema: { type: "string", maxLength: 8 }, value })),
  range.map(([least, span, at]) => ({
    schema: { type: "integer", minimum: least, maximum: least + span },
    value: least + (at % (span + 1)),
  })),
  fc.integer({ min: 0, max: 999 }).map((n) => ({ schema: { type: "number", minimum: 0 }, value: n / 8 })),
  fc.constantFrom({ schema: { type: "boolean" }, value: true }, { schema: { type: ["integer", "null"] }, value: null }),
  fc
    .array(fc.oneof(word, fc.integer()), { minLength: 1, maxLength: 4 })
    .map((all) => ({ schema: { enum: all }, value: all[0] })),
  fc.constant({
    schema: { const: { 'a "quoted" \\ key': ["é", 1.5, null] } },
    value: { 'a "quoted" \\ key': ["é", 1.5, null] },
  }),
  fc.constantFrom(
    { schema: { type: "string", format: "date" }, value: "2024-02-28" },
    { schema: { type: "string", format: "date-time" }, value: "2024-12-09T23:59:00Z" },
    { schema: { type: "string", format: "uuid" }, value: "0b0e9a52-6c6a-4f0c-8d3b-5a9e1c2d3f40" },
    { schema: { type: "string", format: "ipv4" }, value: "192.168.0.255" },
  ),
);
const keys = fc.uniqueArray(fc.oneof(fc.constantFrom("a", "b", "name"), word), { minLength: 1, maxLength: 4 });
const { any } = fc.letrec<{ any: Case; list: Case; object: Case; choice: Case }>((tie) => ({
  any: fc.oneof({ depthSize: "small", withCrossShrink: true }, leaf, tie("list"), tie("object"), tie("choice")),
  list: fc.tuple(tie("any"), fc.nat(2), fc.nat(2)).map(([{ schema, value }, least, more]) => ({
    schema: { type: "array", items: schema, minItems: least, maxItems: least + more },
    value: Array(least + more).fill(value),
  })),
  object: fc
    .tuple(keys, fc.array(fc.tuple(tie("any"), fc.boolean(), fc.boolean()), { minLength: 4, maxLength: 4 }))
    .map(([names, cases]) => {
      const parts = names.map((name, i) => ({ name, ...(cases[i]![0] as Case), must: cases[i]![1], there: cases[i]![2] }));
      return {
        schema: {
          type: "object",
          properties: Object.fromEntries(parts.map((p) => [p.name, p.schema])),
          required: parts.filter((p) => p.must).map((p) => p.name),
          additionalProperties: false,
        },
        value: Object.fromEntries(parts.filter((p) => p.must || p.there).map((p) => [p.name, p.value])),
      };
    }),
  choice: fc.tuple(tie("any"), tie("any")).map(([a, b]) => ({ schema: { anyOf: [a.schema, b.schema] }, value: b.value })),
}));

describe("JSON Schema as a grammar", () => {
  it("derives every valid value that it should (compact, and with a space after colons and commas)", () => {
    fc.assert(
      fc.property(any, ({ schema, value }) => {
        const matches = gbnfMatcher(grammarOfSchema(schema));
        fc.pre(ajv.validate(schema, value));
        expect(matches(inOrder(schema, value))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
  it.each<[Schema, unknown[], unknown[]]>([
    [{ type: "string", minLength: 2, maxLength: 3 }, ["ab", "人工智", "🌊🌊"], ["a", "abcd", 5]],
    [{ type: "integer", exclusiveMinimum: 5, maximum: 7 }, [6, 7], [5, 8, 6.5, "6"]],
    [{ type: "number", minimum: 0, maximum: 1 }, [0, 0.25, 1], [1.5, -0.5, 2]],
    [{ prefixItems: [{ type: "integer" }, { type: "boolean" }] }, [[1, true]], [[true, 1], [1]]],
    [{ $ref: "#/$defs/t", $defs: { t: { type: "array", items: { $ref: "#/$defs/t" } } } }, [[], [[], [[]]]], [1, [1]]],
    [{ type: "object", additionalProperties: { type: "integer" } }, [{}, { x: 1, y: 2 }], [{ x: "1" }, []]],
    [{ allOf: [{ properties: { a: { const: 1 } } }, { required: ["a"] }] }, [{ a: 1 }], [{}, { a: 2 }]],
    [{ type: "string", nullable: true }, [null, "x"], [1]],
    [{}, [null, 1, "x", [1, { a: [] }], { b: false }], []],
  ])("keeps %j", (schema, valid, invalid) => {
    const matches = gbnfMatcher(grammarOfSchema(schema));
    for (const value of valid) expect([value, matches(JSON.stringify(value))]).toEqual([value, true]);
    for (const value of invalid) expect([value, matches(JSON.stringify(value))]).toEqual([value, false]);
  });
  it("says what it cannot keep, unless it may be lax", () => {
    for (const schema of [
      { type: "string", pattern: "^a" },
      { type: "array", uniqueItems: true },
      { type: "number", minimum: 0.5 },
      { type: "string", format: "email" },
      { not: { type: "string" } },
      { type: "string", maxLength: 3_000 },
    ]) {
      expect(() => grammarOfSchema(schema)).toThrow(expect.objectContaining({ code: "cannot-do" }));
      expect(grammarOfSchema(schema, false)).toContain("root ::=");
    }
    for (const schema of [{ type: "thing" }, { $ref: "#/nowhere" }, { type: "integer", minimum: 2, maximum: 1 }])
      expect(() => grammarOfSchema(schema)).toThrow(expect.objectContaining({ code: "bad-request" }));
  });
  it("makes ranges of integers with nothing missing and nothing beyond", () => {
    const bound = fc.oneof(
      fc.integer({ min: -1_200, max: 1_200 }),
      fc.maxSafeInteger().map((n) => n % 1e12),
    );
    fc.assert(
      fc.property(bound, bound, fc.integer({ min: -3, max: 3 }), fc.nat(), (a, b, near, at) => {
        const [least, most] = [Math.min(a, b), Math.max(a, b)];
        const matches = gbnfMatcher(`root ::= ${integerRange(least, most)}`);
        for (const n of [least + near, most + near, least + (at % (most - least + 1)), 0])
          expect([n, matches(String(n))]).toEqual([n, n >= least && n <= most]);
        expect(matches(`0${least}`)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});

describe("what a model says under a schema", () => {
  let folder: string;
  let engine: ReturnType<typeof llamaEngine>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "inkseal-schema-"));
    await writeTinyGguf(join(folder, "tiny.gguf"));
    engine = llamaEngine({ folder, threads: 1, gpu: false });
  });
  afterAll(async () => {
    await engine.close?.();
    await rm(folder, { recursive: true });
  });
  async function said(schema: Schema | true, seed: number, task: "chat" | "completion" = "completion"): Promise<string> {
    const brief = parseBrief({ task, text: "the sea", controls: { schema, seed, temperature: 1.5 } });
    const plan = { kind: "plan", version: 1, brief, engine, model: "tiny", seed, warnings: [] } as const;
    for await (const [chunk] of engine.generate(plan, new AbortController().signal)) {
      expect(chunk?.finish).toBe("stop"); // all schemas here are of bounded length
      return chunk?.text ?? "";
    }
    return "";
  }
  it("parses and validates, whatever the schema", async () => {
    let [whole, broken] = [0, 0];
    await fc.assert(
      fc.asyncProperty(any, fc.nat(1_000), async ({ schema }, seed) => {
        const text = await said(schema, seed).catch((error: InksealError) => {
          expect(error.code).toBe("upstream-invalid"); // a model of random weights writes overlong UTF-8 now and then
        });
        if (text === undefined) return void broken++;
        whole++;
        const value: unknown = JSON.parse(text);
        expect([text, ajv.validate(schema, value)]).toEqual([text, true]);
      }),
      { numRuns: 60 },
    );
    expect(broken).toBeLessThan(whole);
  });
  it("is refused where llama.cpp takes overlong UTF-8 for a letter", async () => {
    const outcomes = new Set<string>();
    for (let seed = 0; seed < 40; seed++)
      outcomes.add(await said({ enum: ["𐀀", "ࠀ"] }, seed).catch((error: InksealError) => error.code));
    expect([...outcomes].filter((o) => !['"𐀀"', '"ࠀ"'].includes(o))).toEqual(["upstream-invalid"]);
  });
  it("and in chat", async () => {
    const schema = { type: "object", properties: { city: { enum: ["北京", "Bern"] } }, required: ["city"] };
    expect(JSON.parse(await said(schema, 1, "chat"))).toMatchObject({ city: expect.stringMatching(/^(北京|Bern)$/) });
  });
});

/** JSON with the members of objects in their schema's order, as the grammar has them. */
function inOrder(schema: Schema, value: unknown): string {
  if (Array.isArray(schema.anyOf)) {
    const fit = (schema.anyOf as Schema[]).find((s) => ajv.validate(s, value));
    return inOrder(fit ?? {}, value);
  }
  if (Array.isArray(value)) return `[${value.map((v) => inOrder((schema.items ?? {}) as Schema, v)).join(",")}]`;
  if (typeof value !== "object" || value === null || schema.properties === undefined) return JSON.stringify(value);
  const properties = Object.entries(schema.properties as Record<string, Schema>).filter(([name]) => Object.hasOwn(value, name));
  return `{${properties.map(([name, s]) => `${JSON.stringify(name)}: ${inOrder(s, (value as Schema)[name])}`).join(", ")}}`;
}
