import { type Chunk, defaultPolicy, type Policy, PolicySchema } from "@inkseal/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cutBy, noisyText, plantedText } from "../test/planted.ts";
import type { TextDetector } from "./contract.ts";
import { createGuard, defaultDetectors } from "./guard.ts";
import { Judge } from "./judge.ts";
import { maskJsonText, maskText } from "./mask.ts";
import { Scanner } from "./scanner.ts";
import { personalData } from "./text/index.ts";

const masked = (text: string): string => maskText(text, defaultPolicy, "out").text;
const maskedJson = (text: string): string => maskJsonText(text, new Scanner(personalData), new Judge(defaultPolicy, "out"));
const maskedValue = (value: unknown): unknown => {
  if (typeof value === "string") return masked(value);
  if (typeof value === "number") return masked(String(value)) === String(value) || value < 0 ? value : masked(String(value));
  if (Array.isArray(value)) return value.map(maskedValue);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [masked(k), maskedValue(v)]));
};
const policyOf = (rules: Policy["rules"][number][], unchecked: Policy["unchecked"] = "block"): Policy =>
  PolicySchema.parse({ name: "test", rules, unchecked });
const gateOf = (policy = defaultPolicy) => createGuard().open(policy);
const textOf = (chunks: readonly Chunk[], index = 0): string =>
  chunks
    .filter((c) => c.index === index)
    .map((c) => c.text ?? "")
    .join("");

const texts = fc.oneof(plantedText, noisyText);
const cuts = fc.array(fc.nat(2000), { maxLength: 40 });

describe("however the engine cuts", () => {
  test("the release is the masked whole, and nothing of a masked span is ever out", () => {
    fc.assert(
      fc.property(texts, cuts, fc.boolean(), (text, where, finish) => {
        const gate = gateOf();
        const whole = masked(text);
        let out = "";
        for (const piece of cutBy(text, where)) {
          out += textOf(gate.push([{ index: 0, text: piece }]));
          // a prefix of the masked whole holds no part of a masked span
          expect(whole.startsWith(out)).toBe(true);
        }
        if (finish) out += textOf(gate.push([{ index: 0, finish: "stop" }]));
        out += textOf(gate.end());
        expect(out).toBe(whole);
        expect(gate.decision().findings.map((f) => f.hazard)).toEqual(
          maskText(text, defaultPolicy, "out").decision.findings.map((f) => f.hazard),
        );
      }),
      { numRuns: 5000 },
    );
  });

  test("choices and kinds are streams of their own, in any order", () => {
    const kinds = ["text", "reasoning", "refusal", "call0", "call1"] as const;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(1), fc.constantFrom(...kinds), fc.nat(12)), { maxLength: 60 }),
        plantedText,
        (steps, text) => {
          const gate = gateOf();
          const source = text.repeat(4).replaceAll(/[\\"]/g, " ");
          let at = 0;
          const sent = new Map<string, string>();
          const got = new Map<string, string>();
          const take = (chunks: readonly Chunk[]): void => {
            for (const c of chunks) {
              for (const kind of ["text", "reasoning", "refusal"] as const)
                if (c[kind]) got.set(`${c.index}${kind}`, (got.get(`${c.index}${kind}`) ?? "") + c[kind]);
              for (const t of c.toolCalls ?? [])
                got.set(`${c.index}call${t.call}`, (got.get(`${c.index}call${t.call}`) ?? "") + (t.arguments ?? ""));
            }
          };
          for (const [index, kind, length] of steps) {
            const piece = source.slice(at, (at += length));
            const key = `${index}${kind}`;
            const call = kind === "call0" ? 0 : 1;
            const open = sent.has(key) ? "" : '"'; // arguments are a JSON string here
            sent.set(key, (sent.get(key) ?? "") + (kind.startsWith("call") ? open : "") + piece);
            take(
              gate.push([
                kind.startsWith("call") ? { index, toolCalls: [{ call, arguments: open + piece }] } : { index, [kind]: piece },
              ]),
            );
          }
          take(gate.end());
          for (const [key, text] of sent)
            expect(got.get(key) ?? "", key).toBe(key.includes("call") ? maskedJson(text) : masked(text));
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("tool-call arguments stay JSON and hide nothing behind escapes", () => {
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        plantedText,
        fc.constantFrom(13800138000, 4111111111111111, 1.5, -13800138000),
        tie("list"),
        tie("object"),
        fc.constant(null),
      ),
      list: fc.array(tie("value"), { maxLength: 3 }),
      object: fc.dictionary(plantedText, tie("value"), { maxKeys: 3 }),
    })).value;
    const ascii = (s: string): string =>
      s.replace(/[^\x20-\x7e]|[@0]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
    fc.assert(
      fc.property(json, cuts, fc.boolean(), (value, where, escaped) => {
        const plain = JSON.stringify(value);
        // escaping every 0 is only lawful inside of strings
        const raw = escaped ? plain.replace(/"(?:[^"\\]|\\.)*"/g, ascii) : plain;
        const gate = gateOf();
        let out = "";
        const take = (chunks: readonly Chunk[]): void => {
          for (const c of chunks) for (const t of c.toolCalls ?? []) out += t.arguments ?? "";
        };
        for (const piece of cutBy(raw, where)) take(gate.push([{ index: 0, toolCalls: [{ call: 0, arguments: piece }] }]));
        take(gate.end());
        expect(out).toBe(maskedJson(raw));
        expect(JSON.parse(out)).toEqual(maskedValue(value));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("what is not touched", () => {
  test("clean chunks come back as the very objects, one late where a word may go on", () => {
    const gate = gateOf();
    const chunks = ["The", " cat", " sat", " on the mat.", " 今天", "很好。"].map((text) => ({
      index: 0,
      text,
      wire: { json: { choices: [{ delta: { content: text } }] }, text: JSON.stringify(text) },
    }));
    const out = [...chunks.flatMap((c) => gate.push([c])), ...gate.end()];
    expect(out).toHaveLength(chunks.length);
    for (const [i, chunk] of out.entries()) expect(chunk).toBe(chunks[i]);
    expect(gate.decision()).toMatchObject({ action: "allow", findings: [] });
  });

  test("Chinese text, and text that ends in space or punctuation, goes at once", () => {
    const gate = gateOf();
    for (const text of ["今天天气很好", "，我们去公园。", "hello, world! ", "(done)\n"]) {
      const chunk = { index: 0, text };
      expect(gate.push([chunk])[0]).toBe(chunk);
    }
  });

  test("usage, progress, vectors and events without words pass", () => {
    const gate = gateOf();
    const chunks: Chunk[] = [
      { index: 0, vector: [0.138001380001, 2] },
      { index: 0, progress: { fraction: 0.5 } },
      { index: 0, usage: { inputTokens: 13800138000 } },
      { index: 0, wire: { json: { type: "response.created", id: "resp_13800138000" }, text: "{}" } },
    ];
    expect(gate.push(chunks)).toEqual(chunks);
    for (const [i, c] of gate.push(chunks).entries()) expect(c).toBe(chunks[i]);
  });

  test("a long chunk goes out but for its tail", () => {
    const gate = gateOf();
    const first = gate.push([
      { index: 0, text: "All of this is free to go, except for the last wor", wire: { json: { a: 1 }, text: "{}" } },
    ]);
    expect(first).toEqual([{ index: 0, text: "All of this is free to go, except for the last ", wire: { json: { a: 1 } } }]);
    expect(gate.push([{ index: 0, text: "d. " }])).toEqual([
      { index: 0, text: "wor", wire: { json: { a: 1 } } },
      { index: 0, text: "d. " },
    ]);
  });
});

describe("what is", () => {
  test("masked chunks keep the event as a value only; emptied ones are dropped", () => {
    const gate = gateOf();
    const wire = { json: { choices: [] }, text: "{}" };
    const out = [
      ...gate.push([{ index: 0, text: "call 138", wire }]),
      ...gate.push([{ index: 0, text: "0013", wire }]),
      ...gate.push([{ index: 0, text: "8000 now", wire }]),
      ...gate.push([{ index: 0, finish: "stop", wire }]),
    ];
    expect(out).toEqual([
      { index: 0, text: "call [PHONE]", wire: { json: { choices: [] } } },
      { index: 0, text: " now", wire: { json: { choices: [] } } },
      { index: 0, finish: "stop", wire },
    ]);
    expect(out[2]?.wire).toBe(wire);
  });

  test("a finish flushes its own choice only", () => {
    const gate = gateOf();
    expect(
      gate.push([
        { index: 0, text: "zero" },
        { index: 1, text: "one" },
      ]),
    ).toEqual([]);
    expect(gate.push([{ index: 1, finish: "stop" }])).toEqual([
      { index: 1, text: "one" },
      { index: 1, finish: "stop" },
    ]);
    expect(gate.end()).toEqual([{ index: 0, text: "zero" }]);
  });

  test("a whole answer in one chunk: words, calls and the provider's body are masked together", () => {
    const body = {
      id: "chatcmpl-1",
      choices: [{ message: { content: "Mail a@b.com", tool_calls: [{ function: { arguments: '{"n":13800138000}' } }] } }],
    };
    const [chunk] = gateOf().push([
      {
        index: 0,
        text: "Mail a@b.com",
        toolCalls: [{ call: 0, id: "c", name: "f", arguments: '{"n":13800138000}' }],
        finish: "stop",
        wire: { json: body, text: JSON.stringify(body) },
      },
    ]);
    expect(chunk).toEqual({
      index: 0,
      text: "Mail [EMAIL]",
      toolCalls: [{ call: 0, id: "c", name: "f", arguments: '{"n":"[PHONE]"}' }],
      finish: "stop",
      wire: {
        json: {
          id: "chatcmpl-1",
          choices: [{ message: { content: "Mail [EMAIL]", tool_calls: [{ function: { arguments: '{"n":"[PHONE]"}' } }] } }],
        },
      },
    });
  });

  test("events that repeat the whole text are masked too, after what they close", () => {
    const gate = gateOf();
    gate.push([{ index: 0, text: "write to a@b.com" }]);
    const done = { json: { type: "response.output_text.done", text: "write to a@b.com" }, text: "…" };
    expect(gate.push([{ index: 0, wire: done }])).toEqual([
      { index: 0, text: "write to [EMAIL]" },
      { index: 0, wire: { json: { type: "response.output_text.done", text: "write to [EMAIL]" } } },
    ]);
  });

  test("strings in structured results", () => {
    const json = { text: "我的手机是13800138000", segments: [{ start: 0.5, text: "13800138000" }] };
    expect(gateOf().push([{ index: 0, json }])).toEqual([
      { index: 0, json: { text: "我的手机是[PHONE]", segments: [{ start: 0.5, text: "[PHONE]" }] } },
    ]);
  });

  test("bytes do not pass with words", () => {
    const part = { mediaType: "image/png", bytes: new Uint8Array(3), last: true };
    expect(gateOf().push([{ index: 0, media: part }])).toEqual([]);
  });
});

describe("policy and failure", () => {
  test("block stops everything from there on", () => {
    const gate = gateOf(
      policyOf([
        { hazard: "pii", out: "mask", minScore: 0.5 },
        { hazard: "pii.card", out: "block", minScore: 0.5 },
      ]),
    );
    expect(textOf(gate.push([{ index: 0, text: "mail a@b.com, " }]))).toBe("mail [EMAIL], ");
    expect(gate.push([{ index: 0, text: "card 4111111111111111. " }])).toEqual([]);
    expect(gate.push([{ index: 0, text: "clean " }])).toEqual([]);
    expect(gate.end()).toEqual([]);
    expect(gate.decision()).toMatchObject({ action: "block", policy: "test" });
    expect(gate.decision().reason).toContain("pii.card");
    expect(gate.decision().reason).not.toContain("4111");
    expect(gate.drain().map((f) => f.hazard)).toEqual(["pii.email", "pii.card"]);
    expect(gate.drain()).toEqual([]);
  });

  const broken: TextDetector = {
    name: "broken",
    scan: () => {
      throw new Error("no");
    },
    holdFrom: (text) => text.length,
  };

  test("a text detector that throws is unchecked, and the rest still masks where that is allowed", () => {
    const guard = createGuard({ detectors: { ...defaultDetectors, text: [...personalData, broken] } });
    const closed = guard.open(defaultPolicy);
    expect(closed.push([{ index: 0, text: "hello. " }])).toEqual([]);
    expect(closed.decision()).toMatchObject({ action: "unchecked", reason: "the detector broken failed" });
    const open = guard.open(
      policyOf(
        [
          { hazard: "pii", out: "mask", minScore: 0.5 },
          { hazard: "pii.card", out: "block", minScore: 0.5 },
        ],
        "allow",
      ),
    );
    expect(textOf(open.push([{ index: 0, text: "hello. " }]))).toBe("hello. ");
    expect(open.decision().action).toBe("unchecked");
    expect(textOf(open.push([{ index: 0, text: "a@b.com " }]))).toBe("[EMAIL] ");
    expect(open.push([{ index: 0, text: "4111111111111111! " }])).toEqual([]);
    expect(open.decision().action).toBe("block");
  });

  test("no text detectors at all is unchecked", () => {
    const gate = createGuard({ detectors: { text: [], media: [] } }).open(defaultPolicy);
    expect(gate.push([{ index: 0, text: "hello. " }])).toEqual([]);
    expect(gate.decision().action).toBe("unchecked");
  });
});

test("ten megabytes without a space: what is held stays small, nothing is lost", () => {
  const gate = gateOf();
  let out = 0;
  let longest = 0;
  const piece = "a1b2.c3d4-".repeat(100);
  for (let i = 0; i < 10_000; i++) {
    for (const c of gate.push([{ index: 0, text: piece }])) out += c.text?.length ?? 0;
    longest = Math.max(longest, (i + 1) * piece.length - out);
  }
  for (const c of gate.end()) out += c.text?.length ?? 0;
  expect(out).toBe(10_000_000);
  expect(longest).toBeLessThan(2 * piece.length);
});
