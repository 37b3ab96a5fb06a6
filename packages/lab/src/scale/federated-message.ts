import { InksealError } from "@inkseal/core";
import * as z from "zod";

// What coordinator and participants say, and how it looks as bytes:
//   uint32 length of the header, little-endian | header: JSON in UTF-8 | all typed arrays, each from a multiple of 4 bytes
// In the header a typed array stands as {"$": "u8" | "u32" | "f32", "at": bytes from the end of the header, "length": elements}.

// Over any buffer: zod's own instanceof would ask for arrays that are not on shared memory.
const anyBytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);
const words = z.custom<Uint32Array>((value) => value instanceof Uint32Array);
const floats = z.custom<Float32Array>((value) => value instanceof Float32Array);
const bytes = (length: number) => anyBytes.refine((b) => b.length === length, `must be ${length} bytes`);
const session = bytes(16);
const member = z.strictObject({ sealKey: bytes(32), maskKey: bytes(32), seedHash: bytes(32) });
const position = z.int().min(0).max(254);
const sealed = z.strictObject({ peer: position, sealed: anyBytes.refine((b) => b.length <= 256) });
const tensor = z
  .strictObject({ name: z.string(), shape: z.array(z.int().min(0)), data: floats })
  .refine((t) => t.shape.reduce((n, d) => n * d, 1) === t.data.length, "data and shape differ");

/** How participants weigh and cut their updates. With `clip` all weigh the same and the L2 norm is cut (differential privacy). */
const terms = z.strictObject({
  range: z.number().positive(),
  largestWeight: z.int().min(1),
  clip: z.number().positive().optional(),
});
export type Terms = z.infer<typeof terms>;

export const MessageSchema = z.discriminatedUnion("type", [
  // from the coordinator
  z.strictObject({ type: z.literal("invite"), session, round: z.int().min(0), weights: z.array(tensor), terms }),
  z.strictObject({ type: z.literal("roster"), session, members: z.array(member).max(255), threshold: z.int().min(1) }),
  z.strictObject({ type: z.literal("shares"), session, shares: z.array(sealed).max(255) }),
  z.strictObject({ type: z.literal("survivors"), session, members: z.array(position).max(255) }),
  // from a participant, each the answer to the one above
  z.strictObject({ type: z.literal("member"), session, member }),
  z.strictObject({ type: z.literal("sealed"), session, shares: z.array(sealed).max(255) }),
  z.strictObject({ type: z.literal("masked"), session, values: words }),
  z.strictObject({
    type: z.literal("revealed"),
    session,
    shares: z.array(z.strictObject({ of: position, secret: z.enum(["seed", "mask-key"]), y: bytes(32) })).max(255),
  }),
  /** Instead of any answer: it cannot go on. The reason stays at home, it could say something about the data. */
  z.strictObject({ type: z.literal("declined"), session }),
]);
export type Message = z.infer<typeof MessageSchema>;
export type MessageOf<T extends Message["type"]> = Extract<Message, { type: T }>;

const kinds = { u8: Uint8Array, u32: Uint32Array, f32: Float32Array } as const;

export function encodeMessage(message: Message): Uint8Array {
  const arrays: { at: number; bytes: Uint8Array }[] = [];
  let length = 0;
  const header = JSON.stringify(message, (_, value) => {
    const kind = Object.entries(kinds).find(([, type]) => value instanceof type)?.[0];
    if (kind === undefined) return value;
    const array = value as Uint8Array | Uint32Array | Float32Array;
    const at = length;
    arrays.push({ at, bytes: new Uint8Array(array.buffer, array.byteOffset, array.byteLength) });
    length += Math.ceil(array.byteLength / 4) * 4;
    return { $: kind, at, length: array.length };
  });
  const head = new TextEncoder().encode(header);
  const out = new Uint8Array(4 + head.length + length);
  new DataView(out.buffer).setUint32(0, head.length, true);
  out.set(head, 4);
  for (const { at, bytes } of arrays) out.set(bytes, 4 + head.length + at);
  return out;
}

/** Throws `upstream-invalid` for anything that is no message. */
export function decodeMessage(encoded: Uint8Array): Message {
  try {
    const head = new DataView(encoded.buffer, encoded.byteOffset, encoded.byteLength).getUint32(0, true);
    const text = new TextDecoder("utf-8", { fatal: true }).decode(encoded.subarray(4, 4 + head));
    const body = encoded.slice(4 + head); // aligned
    const message = JSON.parse(text, (_, value) => {
      if (typeof value !== "object" || value === null || !Object.hasOwn(value, "$")) return value;
      return new kinds[value.$ as keyof typeof kinds](body.buffer, value.at, value.length);
    });
    return MessageSchema.parse(message);
  } catch (cause) {
    throw new InksealError("upstream-invalid", "this is no message of a federated training", { cause });
  }
}
