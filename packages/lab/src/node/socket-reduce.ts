import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { InksealError } from "@inkseal/core";
import { checkRank, LostRank, type Reduce, sumInRankOrder } from "../scale/reduce.ts";
import { admit, introduce, kinds, type PeerLink, peerLink } from "./peer-link.ts";

export interface SocketReduceOptions {
  /** Rank 0 is the root: it listens, the others call it. */
  readonly rank: number;
  readonly size: number;
  /** The same on all machines. It keeps strangers out; frames are not encrypted, so use a network or tunnel that you trust. */
  readonly secret: string;
  readonly host?: string;
  /** 0 lets the root's system choose; `onListening` tells. */
  readonly port: number;
  readonly onListening?: (port: number) => void;
  /** Longest wait for a peer, ms, also for its joining; above the time by which the slowest rank is late. */
  readonly timeout?: number;
}

/** `Reduce` between machines. `close` says good-bye; afterwards the other ranks see this one as lost. */
export interface SocketReduce extends Reduce {
  close(): Promise<void>;
}

/** Floats in one frame. */
const piece = 1 << 18;

/**
 * Joins a training of `size` machines over TCP, resolving when all are there. A star: every float goes to the root once and
 * back once, which sums in rank order while the next pieces arrive; a ring would spread the traffic, but sum each part in
 * another order. All machines are little-endian. A rank that is gone makes all the others' calls reject with `LostRank`.
 * Throws `bad-request` for bad options, `unreachable` when not all are there in time, `unauthenticated` when the secret differs.
 */
export async function socketReduce(options: SocketReduceOptions): Promise<SocketReduce> {
  const { rank, size, secret } = options;
  checkRank(rank, size);
  if (secret.length < 16)
    throw new InksealError("bad-request", "the secret must have at least 16 characters", { param: "secret" });
  const timeout = options.timeout ?? 60_000;
  return rank === 0 ? root({ ...options, timeout }) : peer({ ...options, timeout });
}

/** Calls one after another: two at once would mix their frames. After a failure all later calls get the same error. */
function inTurn(fail: (error: unknown) => Promise<void>) {
  let last: Promise<unknown> = Promise.resolve();
  return (call: () => Promise<void>): Promise<void> => {
    const next = last.then(() =>
      call().catch(async (error) => {
        await fail(error);
        throw error;
      }),
    );
    last = next;
    next.catch(() => {});
    return next;
  };
}

async function root(options: SocketReduceOptions & { timeout: number }): Promise<SocketReduce> {
  const { size, timeout } = options;
  const links: PeerLink[] = [];
  const server = createServer();
  try {
    await gather(server, links, options);
  } catch (error) {
    for (const link of links) link?.destroy();
    throw error;
  } finally {
    server.close();
  }

  /** What went wrong with one peer ends the group; the others are told who it was. */
  const tell = async (error: unknown) => {
    const body = Buffer.alloc(4);
    body.writeUInt32LE(error instanceof LostRank ? error.rank : 0);
    await Promise.all(links.slice(1).map((link) => link.write(kinds.lost, body).then(link.close, link.destroy)));
  };
  const turn = inTurn(tell);
  const from = (rank: number, floats: Float32Array) =>
    readFloats(links[rank]!, floats).catch((cause) => {
      throw new LostRank(rank, `did not answer rank 0 (${cause.message})`, cause);
    });
  const to = (rank: number, floats: Float32Array) =>
    links[rank]!.write(kinds.floats, bytesOf(floats)).catch((cause) => {
      throw new LostRank(rank, `could not be reached from rank 0 (${cause.message})`, cause);
    });
  const others = Array.from({ length: size - 1 }, (_, i) => i + 1);

  async function sum(buffer: Float32Array): Promise<void> {
    const arrived = others.map(() => new Float32Array(Math.min(piece, buffer.length)));
    const sent: Promise<void>[] = []; // goes out while the next piece comes in
    for (let at = 0; at === 0 || at < buffer.length; at += piece) {
      const mine = buffer.subarray(at, at + piece);
      const all = [mine, ...arrived.map((a) => a.subarray(0, mine.length))];
      await Promise.all(others.map((rank) => from(rank, all[rank]!)));
      sumInRankOrder(all, mine);
      const sending = Promise.all(others.map((rank) => to(rank, mine))).then(() => {});
      sending.catch(() => {}); // looked at below, unless reading fails first
      sent.push(sending);
    }
    await Promise.all(sent);
  }
  async function broadcast(buffer: Float32Array, source: number): Promise<void> {
    for (let at = 0; at < buffer.length; at += piece) {
      const mine = buffer.subarray(at, at + piece);
      if (source !== 0) await from(source, mine);
      await Promise.all(others.filter((rank) => rank !== source).map((rank) => to(rank, mine)));
    }
  }
  return {
    rank: 0,
    size,
    sum: (buffer) => turn(() => sum(buffer)),
    broadcast: async (buffer, source) => {
      checkRank(source, size);
      await turn(() => broadcast(buffer, source));
    },
    barrier: () => turn(() => sum(new Float32Array(0))),
    close: async () => void (await Promise.all(links.slice(1).map((link) => link.close()))),
  };

  /** Fills `links` by rank until all have joined. */
  async function gather(server: Server, links: PeerLink[], { secret, host, port, onListening }: SocketReduceOptions) {
    const missing = () => Array.from({ length: size - 1 }, (_, i) => i + 1).find((rank) => links[rank] === undefined);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new LostRank(missing()!, `did not join within ${timeout} ms`)), timeout);
      const check = () => {
        if (missing() !== undefined) return;
        clearTimeout(timer);
        resolve();
      };
      server.on("error", (cause) => {
        clearTimeout(timer);
        reject(new InksealError("unreachable", "rank 0 cannot listen", { cause }));
      });
      server.on("connection", async (socket: Socket) => {
        const link = peerLink(socket, timeout);
        try {
          const rank = await admit(link, secret, size);
          if (rank < 1 || rank >= size || links[rank] !== undefined) throw new Error(`rank ${rank} is taken`);
          links[rank] = link;
          check();
        } catch {
          link.destroy(); // a stranger must not end the training of those who know the secret
        }
      });
      server.listen(port, host, () => {
        onListening?.((server.address() as AddressInfo).port);
        check();
      });
    });
  }
}

async function peer({
  rank,
  size,
  secret,
  host,
  port,
  timeout,
}: SocketReduceOptions & { timeout: number }): Promise<SocketReduce> {
  // A little more patience than the root's: it knows better who is late, and its word should come first.
  const link = peerLink(await call(port, host, timeout), timeout * 1.25 + 250);
  try {
    await introduce(link, secret, rank, size);
  } catch (cause) {
    link.destroy();
    throw new InksealError("unauthenticated", "rank 0 refused: another secret, another size or an occupied rank", { cause });
  }
  const turn = inTurn(async () => link.destroy());
  const rootLost = (cause: Error) => {
    throw cause instanceof LostRank ? cause : new LostRank(0, `did not answer rank ${rank} (${cause.message})`, cause);
  };
  const read = (floats: Float32Array) => readFloats(link, floats).catch(rootLost);
  const write = (floats: Float32Array) => link.write(kinds.floats, bytesOf(floats));

  async function sum(buffer: Float32Array): Promise<void> {
    const pieces: Float32Array[] = [];
    for (let at = 0; at === 0 || at < buffer.length; at += piece) pieces.push(buffer.subarray(at, at + piece));
    const writing = (async () => {
      for (const mine of pieces) await write(mine);
    })();
    writing.catch(() => {}); // reading says who was lost
    for (const mine of pieces) await read(mine); // a sum comes only after its piece has left: nothing is overwritten too early
    await writing;
  }
  async function broadcast(buffer: Float32Array, source: number): Promise<void> {
    for (let at = 0; at < buffer.length; at += piece)
      if (source === rank) await write(buffer.subarray(at, at + piece)).catch(rootLost);
      else await read(buffer.subarray(at, at + piece));
  }
  return {
    rank,
    size,
    sum: (buffer) => turn(() => sum(buffer)),
    broadcast: async (buffer, source) => {
      checkRank(source, size);
      await turn(() => broadcast(buffer, source));
    },
    barrier: () => turn(() => sum(new Float32Array(0))),
    close: link.close,
  };
}

/** Connects; the root may start later than its peers. */
async function call(port: number, host: string | undefined, timeout: number): Promise<Socket> {
  const limit = AbortSignal.timeout(timeout);
  for (;;) {
    const socket = connect({ port, host });
    const failed = await new Promise<Error | undefined>((resolve) => {
      socket.once("connect", () => resolve(undefined)).once("error", resolve);
      limit.addEventListener("abort", () => resolve(new Error("time is up")), { once: true });
    });
    if (failed === undefined) return socket;
    socket.destroy();
    if (limit.aborted) throw new LostRank(0, `could not be reached within ${timeout} ms`, failed);
    await sleep(100);
  }
}

const bytesOf = (floats: Float32Array) => new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);

async function readFloats(link: PeerLink, floats: Float32Array): Promise<void> {
  const { kind, body } = await link.read();
  if (kind === kinds.lost) throw new LostRank(body.readUInt32LE(0), "was lost, rank 0 says");
  if (kind !== kinds.floats || body.length !== floats.byteLength)
    throw new Error(`${body.length} bytes came where ${floats.byteLength} were due: the ranks do not make the same calls`);
  bytesOf(floats).set(body);
}
