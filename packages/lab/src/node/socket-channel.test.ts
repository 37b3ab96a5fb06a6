import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { afterAll, expect, it } from "vitest";
import { seededRandom } from "../data/random.ts";
import { Coordinator } from "../scale/coordinator.ts";
import { federate } from "../scale/federate.ts";
import { Participant } from "../scale/participant.ts";
import type { Weights } from "../weights.ts";
import { socketChannel } from "./socket-channel.ts";

const server = createServer().listen(0, "127.0.0.1");
await once(server, "listening");
afterAll(() => server.close());

/** Both ends of a connection over loopback. */
async function connection(): Promise<[Socket, Socket]> {
  const { port } = server.address() as { port: number };
  const [[here], there] = await Promise.all([once(server, "connection"), connect(port, "127.0.0.1")]);
  return [here as Socket, there];
}
/** What comes, until it closes. */
const heard = (channel: ReturnType<typeof socketChannel>) =>
  new Promise<Uint8Array[]>((resolve) => {
    const messages: Uint8Array[] = [];
    channel.listen({ message: (bytes) => messages.push(bytes), closed: () => resolve(messages) });
  });

it("brings messages whole and in order, of any length, and the end after the last", async () => {
  const [here, there] = await connection();
  const came = heard(socketChannel(here));
  const messages = [0, 1, 3, 1_000_003, 4, 0].map((length, i) => new Uint8Array(length).fill(i + 1));
  const channel = socketChannel(there);
  for (const message of messages) channel.send(message);
  channel.close();
  channel.send(new Uint8Array(1)); // too late
  expect((await came).map((m) => Buffer.compare(m, messages.shift()!))).toEqual([0, 0, 0, 0, 0, 0]);
});

it("takes messages that come in single bytes, and ends on one that is too long", async () => {
  const [here, there] = await connection();
  const came = heard(socketChannel(here, { largest: 4 }));
  for (const byte of [2, 0, 0, 0, 7, 8, 5, 0, 0, 0, 1, 2, 3, 4, 5]) {
    there.write(Uint8Array.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  there.on("error", () => {});
  expect((await came).map((m) => [...m])).toEqual([[7, 8]]);
  expect(await heard(socketChannel(here))).toEqual([]); // closed already
});

it("federates over TCP, also after one has left in the middle of a round", async () => {
  const coordinator = new Coordinator({ random: seededRandom(1) });
  const target = [0.5, -0.25, 0.125];
  for (const [i, goal] of target.entries()) {
    const [here, there] = await connection();
    coordinator.join(`person-${i}`, socketChannel(here));
    const trainLocally = async (weights: Weights, round: number) => {
      if (i === 2 && round === 1) there.destroy();
      const { shape, data } = weights.get("w")!;
      return { update: new Map([["w", { shape, data: data.map((x) => (goal - x) / 2) }]]), examples: 10 };
    };
    new Participant(socketChannel(there), { trainLocally });
  }
  const start: Weights = new Map([["w", { shape: [2], data: new Float32Array(2) }]]);
  const { weights, history } = await federate(coordinator, start, { rounds: 3 });
  expect(history.map((h) => h.participants.length)).toEqual([3, 2, 2]);
  expect(history[1]!.lost).toEqual(["person-2"]);
  // half way to the mean of those who are there, each time
  const all = target.reduce((a, b) => a + b) / 3;
  const two = (target[0]! + target[1]!) / 2;
  const [x] = weights.get("w")!.data;
  expect(x).toBeCloseTo(all / 8 + two / 4 + two / 2, 5);
  coordinator.close();
});
