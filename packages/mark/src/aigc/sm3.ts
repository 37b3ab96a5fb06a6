import { viewOf } from "@inkseal/codec";

const start = [0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e] as const;
const rotated = (x: number, n: number): number => (x << (n & 31)) | (x >>> (32 - (n & 31)));
const p0 = (x: number): number => x ^ rotated(x, 9) ^ rotated(x, 17);
const p1 = (x: number): number => x ^ rotated(x, 15) ^ rotated(x, 23);

/** SM3 (GB/T 32905-2016): 32 bytes. Its 64-bit length is the message's in bits. */
export function sm3(message: Uint8Array): Uint8Array {
  const padded = new Uint8Array(Math.ceil((message.length + 9) / 64) * 64);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = viewOf(padded);
  view.setBigUint64(padded.length - 8, 8n * BigInt(message.length));
  const state = Int32Array.from(start);
  const w = new Int32Array(68);
  for (let block = 0; block < padded.length; block += 64) {
    for (let j = 0; j < 16; j++) w[j] = view.getInt32(block + 4 * j);
    for (let j = 16; j < 68; j++)
      w[j] = p1(w[j - 16]! ^ w[j - 9]! ^ rotated(w[j - 3]!, 15)) ^ rotated(w[j - 13]!, 7) ^ w[j - 6]!;
    let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
    for (let j = 0; j < 64; j++) {
      const early = j < 16;
      const ss1 = rotated((rotated(a, 12) + e + rotated(early ? 0x79cc4519 : 0x7a879d8a, j)) | 0, 7);
      const ff = early ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
      const gg = early ? e ^ f ^ g : (e & f) | (~e & g);
      const tt1 = (ff + d + (ss1 ^ rotated(a, 12)) + (w[j]! ^ w[j + 4]!)) | 0;
      const tt2 = (gg + h + ss1 + w[j]!) | 0;
      [d, c, b, a] = [c, rotated(b, 9), a, tt1];
      [h, g, f, e] = [g, rotated(f, 19), e, p0(tt2)];
    }
    for (const [i, v] of [a, b, c, d, e, f, g, h].entries()) state[i]! ^= v;
  }
  const out = new Uint8Array(32);
  for (const [i, v] of state.entries()) viewOf(out).setInt32(4 * i, v);
  return out;
}
