import { chacha20 } from "@noble/ciphers/chacha.js";
import { hexToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../data/random.ts";
import { fromFixed, stepOf, toFixed } from "./fixed-point.ts";
import { addMask } from "./masks.ts";
import { type MaskedSum, type Revealed, SecureParticipant, unmask } from "./secure-sum.ts";

const session = new Uint8Array(16).fill(7);
type Phase = "share" | "mask" | "reveal";

/** All participants in one thread; `leaves` says before which phase each is gone. What the coordinator ends up with. */
function run(
  vectors: Uint32Array[],
  threshold: number,
  leaves: ReadonlyMap<number, Phase> = new Map(),
  seed?: number,
): MaskedSum {
  const random = seededRandom(seed ?? 1);
  const entropy = seed === undefined ? undefined : (n: number) => Uint8Array.from({ length: n }, () => random.below(256));
  const all = vectors.map(() => new SecureParticipant(session, { entropy }));
  const roster = all.map((p) => p.member);
  const order: Phase[] = ["share", "mask", "reveal"];
  const there = (phase: Phase) =>
    [...all.keys()].filter((i) => !leaves.has(i) || order.indexOf(leaves.get(i)!) > order.indexOf(phase));
  const sharers = there("share");
  const sealed = new Map(sharers.map((i) => [i, all[i]!.share(roster, threshold)]));
  const masked = new Map(
    there("mask").map((i) => {
      const received = sharers
        .filter((from) => from !== i)
        .map((from) => ({ peer: from, sealed: sealed.get(from)!.find((s) => s.peer === i)!.sealed }));
      return [i, all[i]!.mask(received, vectors[i]!.slice())];
    }),
  );
  const revealed = new Map(there("reveal").map((i) => [i, all[i]!.reveal([...masked.keys()])]));
  return { session, roster, threshold, sharers, masked, revealed };
}
const plainSum = (vectors: Uint32Array[]) =>
  vectors.reduce((sum, v) => sum.map((x, i) => x + v[i]!), new Uint32Array(vectors[0]!.length));
const vectorsOf = (count: number, length = 50, seed = 1) => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => Uint32Array.from({ length }, random.bits));
};
const invalid = expect.objectContaining({ code: "upstream-invalid" });

describe("secure sum", () => {
  it("is the plain sum, to the bit", () => {
    const vectors = vectorsOf(5);
    expect(unmask(run(vectors, 3))).toEqual(plainSum(vectors));
  });
  it.each<[string, [number, Phase][]]>([
    ["before sharing", [[1, "share"]]],
    [
      "after sharing",
      [
        [0, "mask"],
        [4, "mask"],
      ],
    ],
    [
      "after masking: their vectors count",
      [
        [2, "reveal"],
        [3, "reveal"],
      ],
    ],
    [
      "in every phase",
      [
        [5, "share"],
        [1, "mask"],
        [3, "reveal"],
      ],
    ],
  ])("is that of the vectors that came, when participants leave %s", (_, gone) => {
    const vectors = vectorsOf(7);
    const leaves = new Map(gone);
    const counted = vectors.filter((_, i) => leaves.get(i) === undefined || leaves.get(i) === "reveal");
    expect(unmask(run(vectors, 4, leaves))).toEqual(plainSum(counted));
  });
  it("holds for any sizes, thresholds and leavers", () => {
    const phases = fc.option(fc.constantFrom<Phase>("share", "mask", "reveal"), { nil: undefined, freq: 3 });
    fc.assert(
      fc.property(fc.array(phases, { minLength: 3, maxLength: 6 }), (plan) => {
        const threshold = Math.floor(plan.length / 2) + 1;
        const leaves = new Map([...plan.entries()].filter((e): e is [number, Phase] => e[1] !== undefined));
        fc.pre(plan.length - leaves.size >= threshold);
        const vectors = vectorsOf(plan.length, 5, plan.length);
        const counted = vectors.filter((_, i) => plan[i] === undefined || plan[i] === "reveal");
        expect(unmask(run(vectors, threshold, leaves))).toEqual(plainSum(counted));
      }),
      { numRuns: 8 },
    );
  });
  it("shows the coordinator noise: a masked zero vector is uniform (chi-squared, 99.9 % of 255 degrees) and unlike the others", () => {
    const { masked } = run(
      [0, 1, 2].map(() => new Uint32Array(20_000)),
      2,
      new Map(),
      5,
    );
    for (const vector of masked.values()) {
      const bytes = new Uint8Array(vector.buffer);
      const bins = new Array(256).fill(0);
      for (const byte of bytes) bins[byte]++;
      const each = bytes.length / 256;
      expect(bins.reduce((sum, n) => sum + (n - each) ** 2 / each, 0)).toBeLessThan(330.5);
    }
    const [a, b] = [...masked.values()];
    expect(a!.filter((x, i) => x === b![i]).length).toBeLessThan(3);
  });
  it("without the shares of `threshold` participants nothing is undone", () => {
    const full = run(vectorsOf(4), 3);
    const revealed = new Map([...full.revealed].slice(0, 2));
    expect(() => unmask({ ...full, revealed })).toThrow(invalid);
  });
  it("notices forged shares, of seeds and of mask keys", () => {
    const forge = (sum: MaskedSum, secret: Revealed["secret"]) => {
      const revealed = new Map(sum.revealed);
      const [by, list] = [...revealed][0]!;
      revealed.set(
        by,
        list.map((r) => (r.secret === secret ? { ...r, y: r.y.map((b) => b ^ 1) } : r)),
      );
      return { ...sum, revealed };
    };
    expect(() => unmask(forge(run(vectorsOf(4), 3), "seed"))).toThrow(/forged/);
    expect(() => unmask(forge(run(vectorsOf(4), 3, new Map([[1, "mask"]])), "mask-key"))).toThrow(/forged/);
  });
});

describe("a participant refuses", () => {
  const [a, b, c] = [0, 1, 2].map(() => new SecureParticipant(session).member);
  const fresh = (smallest?: number) => new SecureParticipant(session, { smallest });
  it.each([
    ["a threshold that is no majority", (p: SecureParticipant) => p.share([p.member, a!, b!, c!], 2)],
    ["a threshold above the roster", (p: SecureParticipant) => p.share([p.member, a!], 3)],
    ["a roster without itself", (p: SecureParticipant) => p.share([a!, b!, c!], 2)],
    ["a member twice", (p: SecureParticipant) => p.share([p.member, a!, a!], 2)],
    ["a phase out of order", (p: SecureParticipant) => p.reveal([0, 1])],
    ["a phase twice", (p: SecureParticipant) => [p.share([p.member, a!], 2), p.share([p.member, a!], 2)]],
    ["to mask with too few others", (p: SecureParticipant) => [p.share([p.member, a!], 2), p.mask([], new Uint32Array(1))]],
    [
      "shares from outside the roster",
      (p: SecureParticipant) => [
        p.share([p.member, a!], 2),
        p.mask([{ peer: 5, sealed: new Uint8Array(99) }], new Uint32Array(1)),
      ],
    ],
  ])("%s", (_, act) => {
    expect(() => act(fresh())).toThrow(invalid);
  });
  it("a threshold below its own, and shares that others sealed or changed", () => {
    expect(() => {
      const p = fresh(3);
      p.share([p.member, a!], 2);
    }).toThrow(invalid);
    const [x, y] = [fresh(), fresh()];
    const roster = [x.member, y.member];
    const [sealed] = x.share(roster, 2);
    y.share(roster, 2);
    const changed = sealed!.sealed.map((byte, i) => (i === 30 ? byte ^ 1 : byte));
    expect(() => y.mask([{ peer: 0, sealed: changed }], new Uint32Array(1))).toThrow();
  });
  it("to reveal to fewer survivors than the threshold, or twice", () => {
    const [x, y, z] = [fresh(), fresh(), fresh()];
    const all = [x, y, z];
    const roster = all.map((p) => p.member);
    const sealed = all.map((p) => p.share(roster, 2));
    x.mask(
      [1, 2].map((peer) => ({ peer, sealed: sealed[peer]!.find((s) => s.peer === 0)!.sealed })),
      new Uint32Array(1),
    );
    expect(() => x.reveal([0])).toThrow(invalid);
    expect(() => x.reveal([0, 1])).toThrow(invalid); // its one answer is spent
  });
});

describe("masks", () => {
  it("are ChaCha20's key stream (RFC 8439, appendix A.1, test vector 1) in little-endian words, across strides", () => {
    const values = new Uint32Array((1 << 14) * 2 + 3);
    addMask(values, new Uint8Array(32), 1);
    expect(new Uint8Array(values.buffer, 0, 16)).toEqual(hexToBytes("76b8e0ada0f13d90405d6ae55386bd28"));
    const stream = chacha20(new Uint8Array(32), new Uint8Array(12), new Uint8Array(values.byteLength));
    expect(Buffer.compare(Buffer.from(values.buffer), Buffer.from(stream))).toBe(0);
    addMask(values, new Uint8Array(32), -1);
    expect(values.every((x) => x === 0)).toBe(true);
  });
});

describe("fixed point", () => {
  it("errs by half a step at most, sums exactly, never overflows", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.float({ min: -3, max: 3, noNaN: true }), { minLength: 4, maxLength: 4 }), {
          minLength: 1,
          maxLength: 9,
        }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (rows, weight) => {
          const point = { range: 2, addends: rows.length };
          const sum = new Uint32Array(4);
          for (const row of rows) {
            const words = new Uint32Array(4);
            toFixed(Float32Array.from(row), point, words, weight);
            for (let i = 0; i < 4; i++) sum[i]! += words[i]!;
          }
          fromFixed(sum, point).forEach((value, i) => {
            const plain = rows.reduce((s, row) => s + weight * Math.max(-2, Math.min(2, row[i]!)), 0);
            expect(Math.abs(value - plain)).toBeLessThanOrEqual((rows.length * stepOf(point)) / 2 + 1e-12);
          });
        },
      ),
    );
  });
  it("cuts infinities, takes NaN for 0, refuses impossible ranges", () => {
    const out = new Uint32Array(3);
    toFixed(Float32Array.of(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN), { range: 1, addends: 1 }, out);
    expect([...fromFixed(out, { range: 1, addends: 1 })].map((x) => x + 0)).toEqual([1, -1, 0]);
    for (const point of [
      { range: 0, addends: 1 },
      { range: 1, addends: 0 },
      { range: 1, addends: 1e6 },
    ])
      expect(() => stepOf(point)).toThrow(expect.objectContaining({ code: "bad-request" }));
  });
});
