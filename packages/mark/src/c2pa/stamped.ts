import { InksealError } from "@inkseal/core";
import type { TimeStamper } from "../time-stamp/authority.ts";
import { NoRoom, type Stamping } from "./cose.ts";

/** A signed file, and the warning where it had to go without a time-stamp. */
export interface Stamped {
  readonly file: Uint8Array;
  readonly warning?: string;
}

/** Tokens of one authority differ by a few bytes: times and numbers in them have no fixed length. */
const slack = 64;
const firstRoom = 8 * 1024;

/**
 * Signs with time-stamps of `stamper`, and without one, with a warning, when the authority fails. The room for the token
 * is part of what is signed, so it is guessed from the token before; where that is too small, the file is signed again.
 */
export function stamping(stamper: TimeStamper): (sign: (stamping?: Stamping) => Promise<Uint8Array>) => Promise<Stamped> {
  let room = firstRoom;
  const stamp = async (data: Uint8Array): Promise<Uint8Array> => {
    const token = await stamper.stamp(data);
    room = token.length + slack;
    return token;
  };
  return async (sign) => {
    for (let again = 0; ; again++) {
      try {
        return { file: await sign({ room, stamp }) };
      } catch (error) {
        if (error instanceof NoRoom && again === 0) continue;
        if (!(error instanceof NoRoom) && !(InksealError.is(error) && error.code.startsWith("upstream-"))) throw error;
        return { file: await sign(), warning: `without a time-stamp: ${error.message}` };
      }
    }
  };
}
