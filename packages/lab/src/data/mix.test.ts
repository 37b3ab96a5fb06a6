import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluationWindows, holdOut, mixedLoader } from "./mix.ts";
import { memoryTokens, readTokenFile, tokenRange, writeTokenFile } from "./token-file.ts";

/** `n` tokens that count up from `from`. */
const counting = (n: number, from = 0) => memoryTokens(Uint32Array.from({ length: n }, (_, i) => from + i));
const refused = (code: string) => expect.objectContaining({ code });

describe("mixedLoader", () => {
  const options = {
    sources: [
      { source: counting(100), weight: 1 },
      { source: counting(50, 1000), weight: 3 },
    ],
    batch: 8,
    length: 10,
    seed: 4,
  };

  it("gives windows of one source each, targets one token on, and reaches both ends", () => {
    const loader = mixedLoader(options);
    const starts = new Set<number>();
    for (let step = 0; step < 400; step++) {
      const { inputs, targets } = loader.next();
      for (let row = 0; row < 8; row++) {
        const start = inputs[row * 10]!;
        starts.add(start);
        for (let i = 0; i < 10; i++) {
          expect(inputs[row * 10 + i]).toBe(start + i);
          expect(targets[row * 10 + i]).toBe(start + i + 1);
        }
      }
    }
    expect(starts.size).toBe(90 + 40); // every window that fits, the last one too
    expect([Math.max(...starts), starts.has(89), starts.has(90)]).toEqual([1039, true, false]);
  });
  it("draws by weight, not by length", () => {
    const loader = mixedLoader(options);
    let second = 0;
    for (let step = 0; step < 500; step++)
      for (let row = 0, { inputs } = loader.next(); row < 8; row++) if (inputs[row * 10]! >= 1000) second++;
    expect(second / 4000).toBeCloseTo(0.75, 1);
  });
  it("goes on bit-exactly from its state, through JSON, and differs by seed", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(20), (seed, steps) => {
        const first = mixedLoader({ ...options, seed });
        for (let i = 0; i < steps; i++) first.next();
        const second = mixedLoader({ ...options, seed: seed + 1 });
        second.restore(JSON.parse(JSON.stringify(first.state())));
        for (let i = 0; i < 3; i++) expect(second.next()).toEqual(first.next());
      }),
      { numRuns: 20 },
    );
    expect(mixedLoader(options).next()).not.toEqual(mixedLoader({ ...options, seed: 5 }).next());
  });
  it("refuses states of other data, short sources and odd weights", () => {
    const state = mixedLoader(options).state();
    expect(() => mixedLoader({ ...options, sources: options.sources.slice(1) }).restore(state)).toThrow(refused("conflict"));
    expect(() => mixedLoader({ ...options, length: 50 })).toThrow(
      /source 2 of the mix has 50 tokens; windows of 50 need at least 51/,
    );
    for (const weight of [0, -1, Number.NaN, Infinity])
      expect(() => mixedLoader({ ...options, sources: [{ source: counting(99), weight }] })).toThrow(refused("bad-request"));
    expect(() => mixedLoader({ ...options, sources: [] })).toThrow(refused("bad-request"));
    expect(() => mixedLoader({ ...options, batch: 0 })).toThrow(refused("bad-request"));
  });
});

describe("evaluation", () => {
  it("sees the same windows each time, from the first token to the last", () => {
    const windows = evaluationWindows(counting(101), { batch: 2, length: 10, batches: 5 });
    expect(windows).toHaveLength(5);
    expect(windows[0]!.inputs[0]).toBe(0);
    expect(windows[4]!.targets.at(-1)).toBe(100);
    expect(evaluationWindows(counting(101), { batch: 2, length: 10, batches: 5 })).toEqual(windows);
    expect(() => evaluationWindows(counting(10), { batch: 2, length: 10, batches: 5 })).toThrow(/held-out part has 10 tokens/);
  });
  it("holds out the end, and nothing is in both parts", () => {
    fc.assert(
      fc.property(fc.nat(300), fc.double({ min: 0, max: 0.5, noNaN: true }), (n, share) => {
        const { train, held } = holdOut(counting(n), share);
        expect(train.length + held.length).toBe(n);
        expect([...Array.from(train.slice(0, train.length)), ...Array.from(held.slice(0, held.length))]).toEqual([
          ...Array(n).keys(),
        ]);
        expect(held.length).toBe(Math.floor(n * share));
      }),
    );
    expect(() => holdOut(counting(3), 1)).toThrow(refused("bad-request"));
  });
});

describe("a .tokens file", () => {
  it("has the bytes of its format", () => {
    expect(Buffer.from(writeTokenFile([1, 258], 300)).toString("hex")).toBe(
      "494e4b544f4b454e01000200" + "2c010000" + "0200000000000000" + "01000201",
    );
    expect(
      Buffer.from(writeTokenFile([70_000], 70_001))
        .toString("hex")
        .slice(20, 24),
    ).toBe("0400");
  });
  it("gives back its ids, in parts and parts of parts", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(99_999)), fc.boolean(), (ids, narrow) => {
        const vocab = narrow ? 65_536 : 100_000;
        const fitting = ids.map((id) => id % vocab);
        const source = readTokenFile(writeTokenFile(fitting, vocab));
        expect(source.vocab).toBe(vocab);
        expect(Array.from(source.slice(0, source.length))).toEqual(fitting);
        const half = tokenRange(source, 0, Math.floor(ids.length / 2));
        expect(Array.from(half.slice(0, half.length))).toEqual(fitting.slice(0, half.length));
        expect(() => half.slice(0, half.length + 1)).toThrow(refused("bad-request"));
      }),
    );
    expect(() => writeTokenFile([300], 300)).toThrow(refused("bad-request"));
    expect(() => counting(3).slice(-1, 2)).toThrow(refused("bad-request"));
  });
  it("is refused when it is cut, foreign or of another version", () => {
    const sound = writeTokenFile([1, 2, 3], 300);
    for (let n = 0; n < sound.length; n++) expect(() => readTokenFile(sound.subarray(0, n))).toThrow(refused("bad-file"));
    for (const [at, value] of [
      [0, 0],
      [8, 2],
      [10, 3],
      [16, 9],
      [23, 255],
    ] as const) {
      const broken = sound.slice();
      broken[at] = value;
      expect(() => readTokenFile(broken)).toThrow(refused("bad-file"));
    }
  });
});
