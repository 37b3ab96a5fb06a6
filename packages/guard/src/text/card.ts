import type { Match, TextDetector } from "../contract.ts";
import { anyDigit, closes, digitsOf, eachNumber, type Grouped, holdNumber, isDay, luhn, opens } from "./number.ts";

/** Issuer prefixes (ISO/IEC 7812 IINs as the networks publish them) with the lengths their cards have. */
const networks: readonly (readonly [name: string, prefix: RegExp, lengths: readonly number[]])[] = [
  ["UnionPay", /^(?:62|81[0-7])/, [16, 17, 18, 19]],
  ["ICBC", /^(?:9558|6013)/, [16, 19]],
  ["Visa", /^4/, [13, 16, 19]],
  ["Mastercard", /^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  ["American Express", /^3[47]/, [15]],
  ["JCB", /^35(?:2[89]|[3-8])/, [16, 17, 18, 19]],
  ["Diners Club", /^3(?:0[0-5]|[689])/, [14, 16, 19]],
  ["Discover", /^6(?:011|4[4-9]|5)/, [16, 17, 18, 19]],
  ["Maestro", /^(?:50|5[6-8]|6[0-9])/, [13, 14, 15, 16, 17, 18, 19]],
];

/** Bank cards: 13 to 19 digits of a known issuer that pass Luhn, bare or in groups of four or more. */
export const card: TextDetector = {
  name: "card",
  needs: anyDigit,
  scan(text) {
    const found: Match[] = [];
    eachNumber(text, 13, (number) => {
      if (number.plus || number.paren || !opens(text, number.start, true)) return;
      for (let k = number.sizes.length; k > 0; k--) {
        const end = number.ends[k - 1] as number;
        const network = networkOf(number, k);
        if (network === undefined || !closes(text, end, true)) continue;
        const { name, score } = network;
        found.push({ hazard: "pii.card", start: number.start, end, score, evidence: `${name} card number, Luhn digit valid` });
        return;
      }
    });
    return found;
  },
  holdFrom: holdNumber,
};

function networkOf(number: Grouped, groups: number): { name: string; score: number } | undefined {
  for (let i = 0; i < groups; i++) {
    if (i < groups - 1 && (number.sizes[i] as number) < 4) return undefined;
    const gap = number.gaps[i];
    if (i < groups - 1 && gap !== " " && gap !== "-") return undefined;
  }
  const digits = digitsOf(number, groups);
  if (digits.length < 13 || digits.length > 19) return undefined;
  const network = networks.find(([, prefix, lengths]) => prefix.test(digits) && lengths.includes(digits.length));
  if (network === undefined || !luhn(digits)) return undefined;
  // order numbers begin with yyMMdd, which is Mastercard's second range: one in ten passes Luhn by chance
  const dated = network[0] === "Mastercard" && groups === 1 && digits[0] === "2" && isDay(`20${digits.slice(0, 6)}`);
  return { name: network[0], score: dated ? 0.4 : 0.9 };
}
