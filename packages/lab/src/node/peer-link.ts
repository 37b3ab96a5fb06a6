import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Socket } from "node:net";

/** A frame: length of the body (uint32, little-endian), its kind (one byte), the body. */
export interface Frame {
  readonly kind: number;
  readonly body: Buffer;
}
/** 1 welcome, 2 hello, 3 accepted, 4 floats, 5 a rank was lost. */
export const kinds = { welcome: 1, hello: 2, accepted: 3, floats: 4, lost: 5 } as const;

const largestBody = 1 << 21;

/** Frames over a socket: written from where they lie, read one at a time; each wait has a limit. */
export function peerLink(socket: Socket, timeout: number) {
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 10_000);
  const frames: Frame[] = [];
  let partial: Buffer[] = [];
  let bytes = 0;
  let closing = false;
  let failure: Error | undefined;
  let wake: (() => void) | undefined;

  function fail(error: Error): void {
    failure ??= error;
    socket.destroy();
    wake?.();
  }
  socket.on("error", fail);
  socket.on("close", () => fail(new Error("the connection closed")));
  socket.on("data", (chunk: Buffer) => {
    partial.push(chunk);
    bytes += chunk.length;
    while (bytes >= 5) {
      if (partial[0]!.length < 5) partial = [Buffer.concat(partial)];
      const length = partial[0]!.readUInt32LE(0);
      if (length > largestBody) return fail(new Error(`a frame of ${length} bytes is above the limit of ${largestBody}`));
      if (bytes < 5 + length) break;
      const all = partial.length === 1 ? partial[0]! : Buffer.concat(partial);
      if (!closing) frames.push({ kind: all[4]!, body: all.subarray(5, 5 + length) });
      partial = [all.subarray(5 + length)];
      bytes -= 5 + length;
    }
    // Unread frames are bounded: TCP holds the sender back until they are taken.
    if (frames.length > 8) socket.pause();
    wake?.();
  });

  /** Runs `step` when something happened on the socket, until it has a result, the link failed or time is up. */
  function until<T>(step: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => done(() => reject(new Error(`nothing came for ${timeout} ms`))), timeout);
      const done = (settle: () => void) => {
        clearTimeout(timer);
        wake = undefined;
        settle();
      };
      wake = () => {
        const result = step();
        if (result !== undefined) done(() => resolve(result));
        else if (failure !== undefined) done(() => reject(failure));
      };
      wake();
    });
  }

  return {
    /** The next frame; whatever came before the connection failed is still delivered. */
    async read(): Promise<Frame> {
      const frame = await until(() => frames.shift());
      if (frames.length <= 8) socket.resume();
      return frame;
    },
    /** Resolves when the system has taken all of the frame: until then `body` must not change. */
    write: (kind: number, body: Uint8Array): Promise<void> =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`nothing was taken for ${timeout} ms`)), timeout);
        const head = Buffer.alloc(5);
        head.writeUInt32LE(body.length, 0);
        head[4] = kind;
        socket.cork();
        socket.write(head);
        socket.write(body, (error) => {
          clearTimeout(timer);
          if (error) reject(failure ?? error);
          else resolve();
        });
        socket.uncork();
      }),
    /** Says good-bye after what was written, and waits a second for the other side's: a reset could overtake our last frame. */
    close: (): Promise<void> =>
      new Promise((resolve) => {
        if (socket.destroyed) return resolve();
        closing = true;
        frames.length = 0;
        const timer = setTimeout(() => socket.destroy(), 1000);
        socket.once("close", () => {
          clearTimeout(timer);
          resolve();
        });
        socket.resume();
        socket.end();
      }),
    destroy: () => fail(new Error("the connection was given up")),
  };
}
export type PeerLink = ReturnType<typeof peerLink>;

// Handshake: both sides prove that they know the secret, each over both nonces, so that nothing can be replayed.
//   root → peer  welcome   nonce A (32)
//   peer → root  hello     nonce B (32), rank, size (uint32), HMAC-SHA256(secret, "peer" A B rank size)
//   root → peer  accepted  HMAC-SHA256(secret, "root" A B rank size)

const prove = (secret: string, role: string, ...parts: Uint8Array[]) =>
  parts.reduce((hmac, part) => hmac.update(part), createHmac("sha256", secret).update(role)).digest();
const same = (a: Buffer, b: Buffer) => a.length === b.length && timingSafeEqual(a, b);

/** The root's side: the rank that the peer proved, or an error. */
export async function admit(link: PeerLink, secret: string, size: number): Promise<number> {
  const a = randomBytes(32);
  await link.write(kinds.welcome, a);
  const { kind, body } = await link.read();
  if (kind !== kinds.hello || body.length !== 72) throw new Error("a stranger called");
  const b = body.subarray(0, 32);
  const claim = body.subarray(32, 40);
  if (!same(body.subarray(40), prove(secret, "peer", a, b, claim))) throw new Error("the secret differs");
  if (claim.readUInt32LE(4) !== size) throw new Error(`a peer expects ${claim.readUInt32LE(4)} ranks instead of ${size}`);
  await link.write(kinds.accepted, prove(secret, "root", a, b, claim));
  return claim.readUInt32LE(0);
}

/** The peer's side. */
export async function introduce(link: PeerLink, secret: string, rank: number, size: number): Promise<void> {
  const { kind, body: a } = await link.read();
  if (kind !== kinds.welcome || a.length !== 32) throw new Error("this is no root of a training");
  const b = randomBytes(32);
  const claim = Buffer.alloc(8);
  claim.writeUInt32LE(rank, 0);
  claim.writeUInt32LE(size, 4);
  await link.write(kinds.hello, Buffer.concat([b, claim, prove(secret, "peer", a, b, claim)]));
  const answer = await link.read();
  if (answer.kind !== kinds.accepted || !same(answer.body, prove(secret, "root", a, b, claim)))
    throw new Error("the root does not know the secret");
}
