import { PayloadCode } from "../payload.ts";

/** 6 bytes and their check in 256 coded bits. */
export const code = new PayloadCode({ bytes: 6, codedBits: 256, list: 32 });
