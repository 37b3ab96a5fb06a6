import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { fillNormal } from "../data/gaussian.ts";
import { seededRandom } from "../data/random.ts";
import { sumInRankOrder } from "../scale/reduce.ts";
import { type SocketReduce, type SocketReduceOptions, socketReduce } from "./socket-reduce.ts";
import { spawnWorker } from "./spawn-worker.ts";

const secret = "sixteen letters!";
const host = "127.0.0.1";

/** The root on a free port; `join` brings the others. */
function rootOf(size: number, more: Partial<SocketReduceOptions> = {}) {
  let root!: Promise<SocketReduce>;
  const port = new Promise<number>((onListening) => {
    root = socketReduce({ rank: 0, size, secret, host, port: 0, onListening, ...more });
    root.catch(() => {});
  });
  const join = async (rank: number, options: Partial<SocketReduceOptions> = {}) =>
    socketReduce({ rank, size, secret, host, port: await port, ...more, ...options });
  return { root, port, join };
}
async function group(size: number, more: Partial<SocketReduceOptions> = {}): Promise<SocketReduce[]> {
  const { root, join } = rootOf(size, more);
  return Promise.all([root, ...Array.from({ length: size - 1 }, (_, i) => join(i + 1))]);
}
const closeAll = (ranks: SocketReduce[]) => Promise.all(ranks.map((r) => r.close()));
const lost = (rank: number) => expect.objectContaining({ code: "unreachable", rank });

describe("socketReduce", () => {
  it("sums in rank order, bit for bit, also several frames long, and broadcasts from any rank", async () => {
    const ranks = await group(3);
    for (const length of [0, 1, 1000, (1 << 18) * 2 + 5]) {
      const buffers = ranks.map((_, rank) => fillNormal(seededRandom(rank), new Float32Array(length)));
      const whole = new Float32Array(length);
      sumInRankOrder(buffers, whole);
      await Promise.all(ranks.map((r, i) => r.sum(buffers[i]!)));
      for (const buffer of buffers) expect(Buffer.compare(Buffer.from(buffer.buffer), Buffer.from(whole.buffer))).toBe(0);
    }
    for (const from of [0, 1, 2]) {
      const news = ranks.map((_, rank) => new Float32Array((1 << 18) + 3).fill(rank));
      await Promise.all(ranks.map((r, i) => r.broadcast(news[i]!, from)));
      for (const buffer of news) expect(buffer.every((x) => x === from)).toBe(true);
    }
    await Promise.all(ranks.map((r) => r.barrier()));
    await closeAll(ranks);
  });
  it("keeps calls in order that were not awaited", async () => {
    const ranks = await group(2);
    const buffers = ranks.map(() => [1, 2, 3].map((x) => Float32Array.of(x)));
    await Promise.all(ranks.flatMap((r, i) => buffers[i]!.map((b) => r.sum(b))));
    expect(buffers.map((list) => list.map((b) => b[0]))).toEqual([
      [2, 4, 6],
      [2, 4, 6],
    ]);
    await closeAll(ranks);
  });
  it("tells all others which rank was killed, and goes on saying so", async () => {
    const { root, port, join } = rootOf(3);
    const doomed = spawnWorker(new URL("../../test/node/socket-reduce-worker.ts", import.meta.url), {
      rank: 2,
      size: 3,
      secret,
      host,
      port: await port,
    });
    const ranks = await Promise.all([root, join(1)]);
    await Promise.all([once(doomed, "message"), ...ranks.map((r) => r.sum(new Float32Array(10)))]);
    await doomed.terminate();
    await Promise.all(ranks.map((r) => expect(r.sum(new Float32Array(1e6))).rejects.toThrow(lost(2))));
    await Promise.all(ranks.map((r) => expect(r.barrier()).rejects.toThrow(lost(2))));
    await closeAll(ranks);
  });
  it("names a rank that is silent for too long, and the root when it leaves", async () => {
    const silent = await group(3, { timeout: 150 });
    await Promise.all([0, 1].map((i) => expect(silent[i]!.sum(new Float32Array(5))).rejects.toThrow(lost(2))));
    await closeAll(silent);
    const rootless = await group(2);
    await rootless[0]!.close();
    await expect(rootless[1]!.sum(new Float32Array(5))).rejects.toThrow(lost(0));
  });
  it("ends when ranks disagree about the length", async () => {
    const ranks = await group(2);
    const outcomes = await Promise.allSettled([ranks[0]!.sum(new Float32Array(3)), ranks[1]!.sum(new Float32Array(4))]);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: "rejected", reason: { code: "unreachable" } });
    await closeAll(ranks);
  });
  it("lets nobody in without the secret, with another size, or as a rank that is there", async () => {
    const { root, port, join } = rootOf(2);
    const stranger = connect(await port, host);
    stranger.write("GET / HTTP/1.1\r\n\r\n");
    const refused = expect.objectContaining({ code: "unauthenticated" });
    await expect(join(1, { secret: "another sixteen letters" })).rejects.toThrow(refused);
    await expect(join(1, { size: 3 })).rejects.toThrow(refused);
    const good = await Promise.all([root, join(1)]);
    await Promise.all(good.map((r) => r.barrier()));
    await closeAll(good);
    stranger.destroy();
  });
  it("names who has not joined in time", async () => {
    const { root, join } = rootOf(3, { timeout: 150 });
    const one = await join(1);
    await expect(root).rejects.toThrow(lost(2));
    await one.close();
    await expect(socketReduce({ rank: 1, size: 2, secret, host, port: 1, timeout: 150 })).rejects.toThrow(lost(0));
  });
  it("refuses a short secret and impossible ranks", async () => {
    const bad = expect.objectContaining({ code: "bad-request" });
    await expect(socketReduce({ rank: 0, size: 1, secret: "short", port: 0 })).rejects.toThrow(bad);
    await expect(socketReduce({ rank: 3, size: 2, secret, port: 0 })).rejects.toThrow(bad);
  });
});
