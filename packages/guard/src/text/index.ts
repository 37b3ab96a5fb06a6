import type { TextDetector } from "../contract.ts";
import { card } from "./card.ts";
import { ip } from "./ip.ts";
import { mail } from "./mail.ts";
import { nationalId } from "./national-id.ts";
import { phone } from "./phone.ts";

/** Personal data in Chinese and English text. */
export const personalData: readonly TextDetector[] = [mail, phone, nationalId, card, ip];
