import { afterAll, describe, expect, it } from "vitest";
import { seededRandom } from "../data/random.ts";
import { GptConfigSchema } from "../models/config.ts";
import { randomWeights, referenceLogits } from "../models/reference.ts";
import { cpuBackend } from "../node/threads.ts";
import type { MixedWeights, QuantisedMatrix, Values } from "../weights.ts";
import { generate } from "./generate.ts";
import { gptDecoder } from "./gpt-decoder.ts";

const backend = cpuBackend({ threads: 2, memory: 256 << 20 });
afterAll(() => backend.close());

const base = { kind: "gpt", vocab: 50, context: 80, layers: 2, width: 64, heads: 4, hidden: 96 } as const;
const tokens = [3, 1, 4, 1, 5, 9, 2, 6, 5, 35, 8, 9, 7];

/** Plain absmax quantisation, to look at the kernels alone. */
function quantised(values: Values, bits: 8 | 4): QuantisedMatrix {
  const [n, k] = values.shape as [number, number];
  const scales = new Float32Array((n * k) / 32);
  const data = bits === 8 ? new Int8Array(n * k) : new Uint8Array((n * k) / 2);
  for (let g = 0; g < scales.length; g++) {
    const part = values.data.subarray(g * 32, g * 32 + 32);
    const scale = Math.max(...part.map(Math.abs)) / (bits === 8 ? 127 : 7);
    scales[g] = scale;
    part.forEach((x, i) => {
      const q = scale === 0 ? 0 : Math.round(x / scale);
      if (bits === 8) data[g * 32 + i] = q;
      else data[g * 16 + (i % 16)]! |= (q + 8) << (i < 16 ? 0 : 4);
    });
  }
  return { shape: [n, k], bits, data, scales };
}
function widened({ shape, bits, data, scales }: QuantisedMatrix): Values {
  const [n, k] = shape;
  const at = (i: number): number => {
    const g = Math.floor(i / 32);
    const j = i % 32;
    return bits === 8 ? data[i]! : ((data[g * 16 + (j % 16)]! >> (j < 16 ? 0 : 4)) & 15) - 8;
  };
  return { shape, data: Float32Array.from({ length: n * k }, (_, i) => at(i) * scales[Math.floor(i / 32)]!) };
}
const furthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (x, i) => Math.abs(x - b[i]!)));

describe("the decoder says what the reference says", () => {
  for (const [name, more] of [
    ["plain", {}],
    ["grouped queries, own output", { kvHeads: 2, tied: false }],
    ["experts", { experts: { count: 4, top: 2 } }],
  ] as const) {
    const config = GptConfigSchema.parse({ ...base, ...more });
    const weights = randomWeights(config, seededRandom(4));

    it(`in pieces, batched, forked and cut back: ${name}`, () => {
      const decoder = gptDecoder(backend, config, weights);
      const expected = referenceLogits(config, weights, tokens);
      const used = backend.memory.used;
      const [a, b] = [decoder.open(), decoder.open()];
      const [first, other] = decoder.feed(
        [
          { sequence: a, tokens: tokens.slice(0, 5) },
          { sequence: b, tokens: tokens.slice(0, 9) },
        ],
        true,
      );
      first!.forEach((row, i) => {
        expect(furthest(row, expected[i]!)).toBeLessThan(1e-3);
      });
      other!.forEach((row, i) => {
        expect(furthest(row, expected[i]!)).toBeLessThan(1e-3);
      });
      const c = b.fork();
      b.truncate(5);
      for (let i = 5; i < tokens.length; i++) {
        const rows = decoder.feed([a, b].map((sequence) => ({ sequence, tokens: [tokens[i]!] })));
        for (const [row] of rows) expect(furthest(row!, expected[i]!)).toBeLessThan(1e-3);
      }
      const [[end]] = decoder.feed([{ sequence: c, tokens: tokens.slice(9) }]) as [[Float32Array]];
      expect(furthest(end, expected.at(-1)!)).toBeLessThan(1e-3);
      for (const s of [a, b, c]) s.close();
      expect(backend.memory.used).toBe(used);
      decoder.close();
    });

    it(`with int8 and int4 weights: ${name}`, () => {
      for (const bits of [8, 4] as const) {
        const mixed: MixedWeights = new Map(
          [...weights].map(([n, v]) => [n, v.shape.length === 2 && !n.endsWith("moe.gate.weight") ? quantised(v, bits) : v]),
        );
        const plain = new Map([...mixed].map(([n, v]) => [n, "bits" in v ? widened(v) : v]));
        const expected = referenceLogits(config, plain, tokens);
        const decoder = gptDecoder(backend, config, mixed);
        const sequence = decoder.open();
        const [rows] = decoder.feed([{ sequence, tokens }], true);
        const spread = Math.max(...expected.flatMap((r) => [...r].map(Math.abs)));
        // activations have 8 bits, so it is near, not equal
        rows!.forEach((row, i) => {
          expect(furthest(row, expected[i]!)).toBeLessThan(0.05 * spread);
        });
        sequence.close();
        decoder.close();
      }
    });
  }

  it("refuses what does not fit, and tokens that are none", () => {
    const config = GptConfigSchema.parse(base);
    const decoder = gptDecoder(backend, config, randomWeights(config, seededRandom(4)));
    const sequence = decoder.open();
    expect(() => decoder.feed([{ sequence, tokens: new Array(81).fill(1) }])).toThrow(/81 tokens.*80/);
    expect(() => decoder.feed([{ sequence, tokens: [50] }])).toThrow(/no token 50/);
    expect(() => decoder.feed([{ sequence, tokens: [] }])).toThrow(/no token/);
    expect(() => gptDecoder(backend, config, new Map())).toThrow(/lacks/);
  });

  it("generates in a batch what it generates alone", async () => {
    const config = GptConfigSchema.parse(base);
    const decoder = gptDecoder(backend, config, randomWeights(config, seededRandom(4)));
    const made = async (prompts: number[][]): Promise<number[][]> => {
      const out: number[][] = prompts.map(() => []);
      for await (const tokens of generate(decoder, prompts, { sampling: { temperature: 0 }, maxTokens: 12 }))
        for (const t of tokens) out[t.sequence]!.push(t.token);
      return out;
    };
    const prompts = [[1, 2, 3], [9, 8, 7, 6, 5], [30]];
    expect(await made(prompts)).toEqual((await Promise.all(prompts.map((p) => made([p])))).flat());
  });
});
