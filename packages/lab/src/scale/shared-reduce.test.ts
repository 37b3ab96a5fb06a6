import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { fillNormal } from "../data/gaussian.ts";
import { seededRandom } from "../data/random.ts";
import { spawnWorker } from "../node/spawn-worker.ts";
import { sumInRankOrder } from "./reduce.ts";
import { markLost, sharedGroup, sharedReduce } from "./shared-reduce.ts";

const lengths = [1, 7, 1000, 64, 129, 0, 3];
const size = 4;

/** Four worker threads, alternately of both kinds; what each posts. */
async function crew(capacity: number, dies?: number) {
  const group = sharedGroup(size, capacity);
  // whoever opens a barrier may be as late to notify as the next one
  const words = new Int32Array(group.memory);
  const late = setInterval(() => Atomics.notify(words, 1));
  const answers = await Promise.all(
    Array.from({ length: size }, async (_, rank) => {
      const worker = spawnWorker(new URL("../../test/scale/shared-reduce-worker.ts", import.meta.url), {
        group,
        rank,
        lengths,
        mode: rank % 2 === 0 ? "sync" : "async",
        ...(rank === 1 && { dies }),
      });
      worker.once("exit", () => markLost(group, rank));
      const [answer] = await Promise.race([once(worker, "message"), once(worker, "exit")]);
      return answer as { sums: Float32Array[]; news: Float32Array } & { code: string; rank: number };
    }),
  );
  clearInterval(late);
  return answers;
}

/** What each call must give, computed in one thread. */
function expected(): Float32Array[] {
  const randoms = Array.from({ length: size }, (_, rank) => seededRandom(rank));
  return lengths.map((length) => {
    const out = new Float32Array(length);
    sumInRankOrder(
      randoms.map((random) => fillNormal(random, new Float32Array(length))),
      out,
    );
    return out;
  });
}

describe("sharedReduce between four worker threads", () => {
  it("sums in rank order, bit for bit, blocking and not, in pieces and whole", async () => {
    for (const { sums, news } of await crew(100)) {
      expect(sums).toEqual(expected());
      expect(news.every((x) => x === 2)).toBe(true);
    }
  });
  it("names the rank that died", async () => {
    const answers = await crew(64, 3);
    for (const rank of [0, 2, 3]) expect(answers[rank]).toEqual({ code: "unreachable", rank: 1 });
  });
});

describe("sharedReduce in one thread", () => {
  it("gives a lone rank its own buffer back", async () => {
    const alone = sharedReduce(sharedGroup(1, 2), 0);
    const buffer = Float32Array.of(1, 2, 3);
    await alone.sum(buffer);
    alone.sumSync(buffer);
    await alone.broadcast(buffer, 0);
    expect([...buffer]).toEqual([1, 2, 3]);
  });
  it("names the rank that is late, to all, also later", async () => {
    const group = sharedGroup(3, 8);
    const [a, b, c] = [0, 1, 2].map((rank) => sharedReduce(group, rank, { timeout: 50 }));
    const lost = expect.objectContaining({ code: "unreachable", rank: 1 });
    await Promise.all([a!, c!].map((r) => expect(r.sum(new Float32Array(3))).rejects.toThrow(lost)));
    await expect(b!.barrier()).rejects.toThrow(lost);
    expect(() => a!.barrierSync()).toThrow(lost);
  });
  it("refuses ranks and sizes that cannot be", () => {
    const bad = expect.objectContaining({ code: "bad-request" });
    expect(() => sharedGroup(0)).toThrow(bad);
    expect(() => sharedGroup(2, 0)).toThrow(bad);
    expect(() => sharedReduce(sharedGroup(2, 1), 2)).toThrow(bad);
  });
});

it("sums two ranks as it sums more, to the bit", () => {
  const odd = Float32Array.of(-0, 0, 1e-45, 3e38, 0.1, Number.NEGATIVE_INFINITY, 16_777_216);
  const other = Float32Array.of(-0, -0, -1e-45, 3e38, 0.2, 1, 1);
  const [two, three] = [new Float32Array(7), new Float32Array(7)];
  sumInRankOrder([odd, other], two);
  sumInRankOrder([odd, other, new Float32Array(7).fill(-0)], three);
  expect(new Uint32Array(two.buffer)).toEqual(new Uint32Array(three.buffer));
});
