import { PayloadCode } from "../payload.ts";

/** 8 bytes and their check in 512 coded bits. The check only steers the list: the bound on false alarms does not lean on it. */
export const code = new PayloadCode({ bytes: 8, codedBits: 512, list: 16 });
