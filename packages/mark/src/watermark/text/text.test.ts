import fc from "fast-check";
import { expect, test } from "vitest";
import { detectText } from "./detect.ts";
import { markedDraw } from "./draw.ts";
import { KeyNumbers } from "./numbers.ts";
import { wordMarkOf } from "./word-mark.ts";

const marked = wordMarkOf(Uint8Array.from({ length: 32 }, (_, i) => i));
const { key } = marked;
const other = Uint8Array.from({ length: 32 }, (_, i) => 255 - i);
function uniform(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}
const vocabulary = Uint32Array.from({ length: 50 }, (_, i) => 3 * i);
/** Half of the mass on five tokens: 2.9 nats a token. */
const probabilities = Float32Array.from(vocabulary, (_, i) => (i < 5 ? 0.1 : 0.5 / 45));

function text(length: number, seed: number, key?: Uint8Array): number[] {
  const random = uniform(seed);
  const draw = key && markedDraw({ ...marked, key });
  return Array.from({ length }, (_, position) => {
    if (draw) return vocabulary[draw(probabilities, vocabulary, random, { position })]!;
    let left = random();
    return vocabulary[probabilities.findIndex((p) => (left -= p) < 0)] ?? 0;
  });
}

test("a marked text is found from 60 tokens, by its own key only", () => {
  for (let seed = 1; seed <= 5; seed++) {
    const tokens = text(60, seed, key);
    expect(detectText(tokens, key)!.chance).toBeLessThan(1e-6);
    expect(detectText(tokens, other)!.chance).toBeGreaterThan(1e-3);
  }
});

test("texts without a mark are not found", () => {
  for (let seed = 1; seed <= 10; seed++) expect(detectText(text(150, seed), key)!.chance).toBeGreaterThan(1e-4);
});

test("a third of the tokens replaced, a part cut out, and words put between", () => {
  const random = uniform(99);
  const tokens = text(200, 5, key);
  const replaced = tokens.map((t) => (random() < 0.33 ? vocabulary[Math.floor(random() * 50)]! : t));
  expect(detectText(replaced, key)).toMatchObject({ from: 0, to: 200 });
  expect(detectText(replaced, key)!.chance).toBeLessThan(1e-6);
  const cut = tokens.slice(70, 150);
  expect(detectText(cut, key)!.chance).toBeLessThan(1e-6);
  const between = [...text(100, 7), ...tokens.slice(0, 100), 0, ...tokens.slice(100), ...text(50, 8)];
  const found = detectText(between, key)!;
  expect(found.chance).toBeLessThan(1e-6);
  expect(found.gaps).toBe(1);
  expect(Math.abs(found.to - found.from - 201)).toBeLessThan(15);
});

test("words put in and left out in places: the stretches between are joined", () => {
  const random = uniform(17);
  const tokens = text(240, 21, key);
  const edited = tokens.flatMap((t) => {
    const chance = random();
    return chance < 0.01 ? [] : chance < 0.02 ? [vocabulary[Math.floor(random() * 50)]!, t] : [t];
  });
  expect(edited).not.toHaveLength(tokens.length);
  const found = detectText(edited, key)!;
  expect(found.chance).toBeLessThan(1e-9);
  expect(found.gaps).toBeGreaterThan(0);
  expect(found.to - found.from).toBeGreaterThan(180);
  expect(detectText(edited, other)!.chance).toBeGreaterThan(1e-3);
});

test("says what it put on, and nothing where every token was forced", () => {
  const draw = markedDraw(marked);
  expect(draw.mark()).toBeUndefined();
  expect(draw([1], [7], () => 0.5, { position: 0 })).toBe(0);
  expect(draw.mark()).toBeUndefined();
  for (let position = 1; position < 5; position++) draw([0.25, 0.25, 0.25, 0.25], [1, 2, 3, 4], () => 0.5, { position });
  expect(draw.mark()).toEqual({
    layer: "watermark",
    method: "inkseal.text.1",
    data: { key: marked.keyId, start: 4096, tokens: 4, bits: 8 },
  });
  expect(marked.keyId).toMatch(/^[0-9a-f]{8}$/);
});

/** Stretches of 10 tokens, each drawn in six ways of which the one with the most even ids stays; the first one's end is drawn again by chance. */
function inWays(stretches: number, seed: number, key?: Uint8Array) {
  const random = uniform(seed);
  const draw = markedDraw({ ...marked, key: key ?? other });
  const tokens: number[] = [];
  for (let s = 0; s < stretches; s++) {
    const ways = Array.from({ length: 6 }, (_, way) =>
      Array.from({ length: 10 }, (_, i) => {
        const at = { position: 10 * s + i, way };
        const id = vocabulary[key ? draw(probabilities, vocabulary, random, at) : Math.floor(random() * 50)]!;
        if (i < 9 || s > 0) return id;
        const again = vocabulary[Math.floor(random() * 50)]!;
        draw([1], [again], random, at);
        return again;
      }),
    );
    const even = (way: number[]): number => way.filter((id) => id % 2 === 0).length;
    const best = ways.reduce((a, b) => (even(b) > even(a) ? b : a));
    tokens.push(...best);
    draw.keep(ways.indexOf(best));
  }
  return { tokens, mark: draw.mark(), ways: { count: 6, begins: Array.from({ length: stretches }, (_, s) => 10 * s) } };
}

test("the best of several ways of each stretch is found, in the midst of others, by its own key only", () => {
  for (let seed = 1; seed <= 4; seed++) {
    const { tokens, ways, mark } = inWays(5, seed, key);
    expect(mark!.data).toMatchObject({ tokens: 49 }); // of each stretch once, and not what was drawn again
    expect(Number(mark!.data!.bits)).toBeLessThan(50 * 6);
    const found = detectText(tokens, key, ways)!;
    expect(found).toMatchObject({ from: 0, to: 50 });
    expect(found.chance).toBeLessThan(1e-6);
    expect(detectText(tokens, other, ways)!.chance).toBeGreaterThan(1e-3);
    const before = inWays(3, seed + 50).tokens;
    const within = { count: 6, begins: Array.from({ length: 8 }, (_, s) => 10 * s) };
    expect(detectText([...before, ...tokens], key, within)).toMatchObject({ from: 30, to: 80 });
  }
});

test("no way is found in texts without a mark", () => {
  for (let seed = 1; seed <= 6; seed++) {
    const { tokens, ways } = inWays(12, seed);
    expect(detectText(tokens, key, ways)!.chance).toBeGreaterThan(1e-3);
  }
  expect(detectText([3], key, { count: 6, begins: [0, 0, 7] })!.chance).toBeGreaterThan(1e-3);
});

test("over keys a token comes with its own probability", () => {
  const counts = new Map<number, number>();
  const times = 4000;
  for (let n = 0; n < times; n++) {
    const draw = markedDraw({ ...marked, key: Uint8Array.from({ length: 32 }, (_, i) => (n >> ((i % 4) * 4)) & 255) });
    const at = draw([0.5, 0.3, 0, 0.2], [7, 9, 11, 13], () => 0.4, { position: n % 50 });
    counts.set(at, (counts.get(at) ?? 0) + 1);
  }
  expect(counts.has(2)).toBe(false); // what has no probability is never drawn
  for (const [at, p] of [
    [0, 0.5],
    [1, 0.3],
    [3, 0.2],
  ] as const)
    expect(Math.abs(counts.get(at)! / times - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / times));
});

test("the key's numbers are uniform and independent of one another", () => {
  const numbers = new KeyNumbers(key);
  const bins = new Array<number>(16).fill(0);
  let product = 0;
  const n = 16_000;
  for (let i = 0; i < n; i++) {
    const u = numbers.at(i % 40, Math.floor(i / 40));
    bins[Math.floor(u * 16)]!++;
    product += (u - 0.5) * (numbers.at(i % 40, Math.floor(i / 40) + 1) - 0.5);
  }
  const chi = bins.reduce((sum, b) => sum + (b - n / 16) ** 2 / (n / 16), 0);
  expect(chi).toBeLessThan(38); // 15 degrees of freedom, 1 in 1000
  expect(Math.abs(product / n) * 12).toBeLessThan(4 / Math.sqrt(n));
});

test("any token ids are judged: no throw, and a chance from 0 to 1", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { maxLength: 40 }), (tokens) => {
      const found = detectText(tokens, key);
      if (tokens.length === 0) expect(found).toBeUndefined();
      else {
        expect(found!.chance).toBeGreaterThan(1e-5);
        expect(found!.chance).toBeLessThanOrEqual(1);
        expect(found!.from).toBeLessThanOrEqual(found!.to);
      }
    }),
    { numRuns: 30, seed: 3 },
  );
  expect(() => detectText([1], new Uint8Array(31))).toThrow(/31 bytes/);
  expect(() => markedDraw({ ...marked, key: new Uint8Array(0) })).toThrow(/0 bytes/);
  expect(() => wordMarkOf(new Uint8Array(5))).toThrow(/5 bytes/);
});
