import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../data/random.ts";
import { epsilon } from "../train/privacy.ts";
import type { Weights } from "../weights.ts";
import { type Channel, channelPair } from "./channel.ts";
import { Coordinator, type CoordinatorOptions, TooFewParticipants } from "./coordinator.ts";
import { federate } from "./federate.ts";
import { decodeMessage, encodeMessage, type Message } from "./federated-message.ts";
import { fromFixed, toFixed } from "./fixed-point.ts";
import { Participant, type ParticipantOptions, type TrainLocally } from "./participant.ts";

const weightsOf = (...values: number[]): Weights =>
  new Map([
    ["a", { shape: [values.length - 1], data: Float32Array.from(values.slice(0, -1)) }],
    ["b", { shape: [1, 1], data: Float32Array.from(values.slice(-1)) }],
  ]);
const valuesOf = (weights: Weights) => [...weights.values()].flatMap((v) => [...v.data]);
const zero = weightsOf(0, 0, 0, 0);

/** A channel that closes instead of sending messages of one type. */
function breaking(channel: Channel, at: Message["type"] | undefined, times = Number.POSITIVE_INFINITY): Channel {
  return {
    ...channel,
    send: (bytes) => (decodeMessage(bytes).type === at && times-- > 0 ? channel.close() : channel.send(bytes)),
  };
}
interface Guest extends Partial<ParticipantOptions> {
  readonly update?: number[];
  readonly examples?: number;
  readonly leavesAt?: Message["type"];
}
/** A coordinator with participants "0", "1", …; `seen` holds what the coordinator was sent. */
function federation(guests: Guest[], options: Partial<CoordinatorOptions> = {}) {
  const coordinator = new Coordinator({ random: seededRandom(1), ...options });
  const seen: Message[] = [];
  for (const [i, { update = [0, 0, 0, i], examples = 1, leavesAt, ...more }] of guests.entries()) {
    const [here, there] = channelPair();
    coordinator.join(String(i), {
      ...here,
      listen: (listener) =>
        here.listen({
          ...listener,
          message: (bytes) => {
            seen.push(decodeMessage(bytes));
            listener.message(bytes);
          },
        }),
    });
    new Participant(breaking(there, leavesAt), {
      trainLocally: async () => ({ update: weightsOf(...update), examples }),
      ...more,
    });
  }
  return { coordinator, seen };
}
/** What the sum must be to the bit: each addend rounded to the fixed point, weighted, added as whole numbers. */
function average(guests: Guest[], counted: number[], addends: number, largestWeight = 1000): number[] {
  const sum = new Uint32Array(4);
  let total = 0;
  for (const i of counted) {
    const words = new Uint32Array(4);
    const weight = Math.min(guests[i]!.examples ?? 1, largestWeight);
    toFixed(Float32Array.from(guests[i]!.update!), { range: 1, addends }, words, weight / largestWeight);
    for (let k = 0; k < 4; k++) sum[k]! += words[k]!;
    total += weight;
  }
  return [...fromFixed(sum, { range: 1, addends })].map((x) => Math.fround(x * (largestWeight / total)));
}

const five: Guest[] = [
  { update: [0.5, -0.25, 0, 0.1], examples: 10 },
  { update: [0.1, 0.2, 0.3, -0.4], examples: 700 },
  { update: [-0.9, 0.99, 0.001, 1], examples: 1 },
  { update: [0.3, 0.3, 0.3, 0.3], examples: 250 },
  { update: [-0.5, 0.5, -0.5, 0.5], examples: 33 },
];

describe("a round", () => {
  it("adds the average of the updates, weighted by examples", async () => {
    const { coordinator, seen } = federation(five);
    const start = weightsOf(1, 2, 3, 4);
    const result = await coordinator.round(start, 0);
    expect(result).toMatchObject({ participants: ["0", "1", "2", "3", "4"], lost: [], examples: 994 });
    const exact = [0, 1, 2, 3].map((k) => five.reduce((s, g) => s + g.update![k]! * g.examples!, 0) / 994);
    for (const [k, x] of valuesOf(result.weights).entries()) expect(x).toBeCloseTo(k + 1 + exact[k]!, 5);
    expect([...result.weights].map(([name, { shape }]) => [name, shape])).toEqual(
      [...start].map(([name, { shape }]) => [name, shape]),
    );
    expect(new Set(seen.map((m) => m.type))).toEqual(new Set(["member", "sealed", "masked", "revealed"]));
  });
  it.each<[Message["type"], number[], number]>([
    ["member", [0, 1, 2, 4], 4], // not in the roster
    ["sealed", [0, 1, 2, 4], 5],
    ["masked", [0, 1, 2, 4], 5],
    ["revealed", [0, 1, 2, 3, 4], 5], // the vector has come: it counts
  ])("goes on to the bit when a participant leaves instead of sending %s", async (leavesAt, counted, addends) => {
    const guests = five.map((g, i) => (i === 3 ? { ...g, leavesAt } : g));
    const { coordinator } = federation(guests);
    const result = await coordinator.round(zero, 0);
    expect(valuesOf(result.weights)).toEqual(average(five, counted, addends));
    expect(result.lost).toEqual(counted.includes(3) ? [] : ["3"]);
    expect(coordinator.participants).toEqual(["0", "1", "2", "4"]);
  });
  it("never sees an update: masked words look random, and differ although the updates are equal", async () => {
    const same: Guest[] = Array.from({ length: 3 }, (_, i) => {
      const random = seededRandom(i);
      return {
        entropy: (n) => Uint8Array.from({ length: n }, () => random.below(256)),
        trainLocally: async () => ({
          update: new Map([["w", { shape: [10_000], data: new Float32Array(10_000) }]]),
          examples: 1,
        }),
      };
    });
    const sessions = seededRandom(9);
    const entropy = (n: number) => Uint8Array.from({ length: n }, () => sessions.below(256));
    const { coordinator, seen } = federation(same, { entropy });
    await coordinator.round(new Map([["w", { shape: [10_000], data: new Float32Array(10_000) }]]), 0);
    const masked = seen.flatMap((m) => (m.type === "masked" ? [m.values] : []));
    expect(masked.length).toBe(3);
    for (const values of masked) {
      const bins = new Array(256).fill(0);
      for (const word of values) bins[word >>> 24]++;
      const each = values.length / 256;
      expect(bins.reduce((sum, n) => sum + (n - each) ** 2 / each, 0)).toBeLessThan(330.5); // 99.9 % of 255 degrees
    }
    expect(masked[0]!.filter((x, i) => x === masked[1]![i]).length).toBeLessThan(3);
  });
  it("is given up with a typed error when fewer than the threshold are left", async () => {
    const guests = five.map((g, i) => (i < 2 ? { ...g, leavesAt: "masked" as const } : g));
    const failed = federation(guests).coordinator.round(zero, 0);
    await expect(failed).rejects.toThrow(TooFewParticipants);
    await expect(failed).rejects.toMatchObject({ code: "unreachable", retryable: true, left: 3, threshold: 4 });
  });
  it("leaves behind who trains too long or fails, and who sends rubbish", async () => {
    const refused: unknown[] = [];
    const guests: Guest[] = [
      ...five.slice(0, 3),
      { trainLocally: () => new Promise(() => {}) },
      {
        trainLocally: async () => {
          throw new Error("no data");
        },
        onDeclined: (e) => refused.push(e),
      },
      { update: [1, 2], onDeclined: (e) => refused.push(e) },
    ];
    const { coordinator } = federation(guests, { trainingTimeout: 400 });
    const [here, there] = channelPair();
    coordinator.join("rubbish", here);
    there.listen({ message: () => there.send(Uint8Array.of(1, 2, 3)), closed: () => {} });
    const { participants, lost } = await coordinator.round(zero, 0);
    expect([participants, lost.toSorted()]).toEqual([
      ["0", "1", "2"],
      ["3", "4", "5", "rubbish"],
    ]);
    expect(refused.map((e) => (e as Error).message)).toEqual(["no data", expect.stringContaining("another shape")]);
    expect(coordinator.participants).not.toContain("rubbish");
  });
});

describe("federate", () => {
  it("finds the line that all data lies on, though nobody has enough of it", async () => {
    // y = 2x - 1; each participant has two points; local gradient descent
    const local =
      (x: number): TrainLocally =>
      async (weights) => {
        const [slope, offset] = valuesOf(weights) as [number, number];
        let [a, b] = [slope, offset];
        for (let step = 0; step < 10; step++)
          for (const at of [x, x + 0.5]) {
            const error = a * at + b - (2 * at - 1);
            [a, b] = [a - 0.1 * error * at, b - 0.1 * error];
          }
        return { update: weightsOf(a - slope, b - offset), examples: 2 };
      };
    const { coordinator } = federation(
      [-2, -1, 0, 1].map((x) => ({ trainLocally: local(x) })),
      { range: 4, largestWeight: 2 },
    );
    const { weights, history } = await federate(coordinator, weightsOf(0, 0), { rounds: 15 });
    expect(valuesOf(weights)[0]).toBeCloseTo(2, 2);
    expect(valuesOf(weights)[1]).toBeCloseTo(-1, 2);
    expect(history.length).toBe(15);
    expect(history.at(-1)!.updateNorm).toBeLessThan(history[0]!.updateNorm / 10);
  });
  it("asks a share of those present, others in other rounds", async () => {
    const { coordinator } = federation(
      Array.from({ length: 8 }, () => ({})),
      { rate: 0.5, range: 10 },
    );
    const { history } = await federate(coordinator, zero, { rounds: 4 });
    for (const { participants } of history) expect(participants.length).toBe(4);
    expect(new Set(history.map((h) => h.participants.toSorted().join())).size).toBeGreaterThan(1);
  });
  it("tries a failed round again without those who left, and gives up after the last try", async () => {
    const guests = five.map((g, i) => (i < 2 ? { ...g, leavesAt: "masked" as const } : g));
    const { history } = await federate(federation(guests).coordinator, zero, { rounds: 1 });
    expect(history[0]).toMatchObject({ tries: 2, participants: expect.arrayContaining(["2", "3", "4"]) });
    await expect(federate(federation(guests).coordinator, zero, { rounds: 1, tries: 1 })).rejects.toThrow(TooFewParticipants);
    await expect(federate(federation([{}]).coordinator, zero, { rounds: 1 })).rejects.toMatchObject({ left: 1, threshold: 2 });
  });
  it("lets who was too slow skip the rounds that went on without it, and join again", async () => {
    const trained: number[] = [];
    let finish = () => {};
    const slow: TrainLocally = async (_, round) => {
      trained.push(round);
      if (round === 0) await new Promise<void>((resolve) => (finish = resolve));
      return { update: zero, examples: 1 };
    };
    const guests = [...five.slice(0, 3), { trainLocally: slow }];
    const { coordinator } = federation(guests, { trainingTimeout: 400 });
    const onRound = ({ round }: { round: number }) => (round === 1 ? finish() : undefined);
    const { history } = await federate(coordinator, zero, { rounds: 3, onRound });
    expect(history.map((h) => h.lost)).toEqual([["3"], ["3"], []]);
    expect(trained).toEqual([0, 2]);
  });
  it("stops when cancelled", async () => {
    const stop = new AbortController();
    const training = federate(federation(five).coordinator, zero, {
      rounds: 9,
      signal: stop.signal,
      onRound: () => stop.abort(),
    });
    await expect(training).rejects.toThrow(expect.objectContaining({ code: "cancelled" }));
  });
});

describe("with differential privacy", () => {
  const large = 10_000;
  const wide = (value: number): Weights => new Map([["w", { shape: [large], data: new Float32Array(large).fill(value) }]]);

  it("cuts each update to the clip, adds the noise, and tells what is spent", async () => {
    // five updates of norm 100 become norm 3; the sum gets noise of deviation 2 · 3, and everything is divided by 5
    const guests = five.map((): Guest => ({ trainLocally: async () => ({ update: wide(1), examples: 77 }) }));
    const { coordinator } = federation(guests, { privacy: { noise: 2, clip: 3 } });
    const { weights, history } = await federate(coordinator, wide(0), { rounds: 2, delta: 1e-6 });
    const values = weights.get("w")!.data;
    const mean = values.reduce((a, b) => a + b) / large;
    const variance = values.reduce((s, x) => s + (x - mean) ** 2, 0) / large;
    expect(mean).toBeGreaterThan(2 * 0.03 - 0.07);
    expect(mean).toBeLessThan(2 * 0.03 + 0.07); // 4 deviations of the mean of 10,000
    expect(Math.sqrt(variance / 2) / (6 / 5)).toBeCloseTo(1, 1);
    expect(history.map((h) => h.epsilon)).toEqual([1, 2].map((steps) => epsilon({ noise: 2, rate: 1, steps, delta: 1e-6 })));
    expect(history[0]!.examples).toBe(5); // nobody's number of examples is told
  });
  it("keeps every addend at or below the clip, after rounding", async () => {
    const guests = five.map((): Guest => ({ trainLocally: async () => ({ update: wide(-0.5), examples: 1 }) }));
    const { coordinator } = federation(guests, { privacy: { noise: 1e-9, clip: 3 } });
    const { updateNorm } = await coordinator.round(wide(0), 0);
    expect(updateNorm).toBeLessThanOrEqual(3 + 1e-6);
    expect(updateNorm).toBeGreaterThan(2.999);
  });
  it("chooses by coins: the number of participants varies", async () => {
    const { coordinator } = federation(
      Array.from({ length: 8 }, () => ({})),
      { rate: 0.5, privacy: { noise: 1, clip: 1 } },
    );
    const { history } = await federate(coordinator, zero, { rounds: 4 });
    expect(new Set(history.map((h) => h.participants.length)).size).toBeGreaterThan(1);
  });
});

describe("messages", () => {
  it("come back from their bytes, at any alignment", () => {
    const array = <T>(of: (values: number[]) => T) => fc.array(fc.nat(255), { maxLength: 9 }).map(of);
    fc.assert(
      fc.property(
        array(Uint32Array.from.bind(Uint32Array)),
        array(Uint8Array.from.bind(Uint8Array)),
        fc.nat(3),
        (values, some, shift) => {
          const session = new Uint8Array(16).fill(9);
          const messages: Message[] = [
            { type: "masked", session, values },
            {
              type: "shares",
              session,
              shares: [
                { peer: 1, sealed: some },
                { peer: 2, sealed: some },
              ],
            },
            {
              type: "invite",
              session,
              round: 1,
              weights: [{ name: "w", shape: [values.length], data: Float32Array.from(values) }],
              terms: { range: 1, largestWeight: 5 },
            },
          ];
          for (const message of messages) {
            const bytes = encodeMessage(message);
            const shifted = new Uint8Array(bytes.length + shift);
            shifted.set(bytes, shift);
            expect(decodeMessage(shifted.subarray(shift))).toEqual(message);
          }
        },
      ),
    );
  });
  it("are refused when they are rubbish", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(() => decodeMessage(bytes)).toThrow(expect.objectContaining({ code: "upstream-invalid" }));
      }),
    );
    const lying = encodeMessage({ type: "masked", session: new Uint8Array(16), values: new Uint32Array(4) }).subarray(0, -8);
    expect(() => decodeMessage(lying)).toThrow(expect.objectContaining({ code: "upstream-invalid" }));
  });
});

it("names taken and options out of range are refused", () => {
  const { coordinator } = federation(five);
  expect(() => coordinator.join("0", channelPair()[0])).toThrow(expect.objectContaining({ code: "conflict" }));
  for (const [param, value] of Object.entries({
    rate: 0,
    smallest: 1,
    range: -1,
    largestWeight: 0.5,
    privacy: { noise: 0, clip: 1 },
  }))
    expect(() => new Coordinator({ random: seededRandom(1), [param]: value })).toThrow(
      expect.objectContaining({ code: "bad-request" }),
    );
});
