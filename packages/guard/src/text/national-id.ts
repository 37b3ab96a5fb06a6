import type { Match, TextDetector } from "../contract.ts";
import { codeAt, isAlpha, isWord as isAsciiWord, isDigit } from "./letters.ts";
import { anyDigit, closes, digitsOf, eachNumber, type Grouped, holdNumber, isDay, opens } from "./number.ts";

/** GB/T 2260: provinces and regions, first two digits. */
const provinces = new Set(
  "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83 91".split(" "),
);
const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/** GB 11643-1999 resident identity number: region, day of birth, sequence, ISO 7064 MOD 11-2 check character. */
export function isResidentId(id: string): boolean {
  if (!/^[1-9]\d{16}[\dXx]$/.test(id) || !provinces.has(id.slice(0, 2)) || !isDay(id.slice(6, 14))) return false;
  let sum = 0;
  for (let i = 0; i < 17; i++) sum += (id.charCodeAt(i) - 48) * (weights[i] as number);
  return "10X98765432"[sum % 11] === id[17]?.toUpperCase();
}

/** The form before 1999: 15 digits, two-digit year, no check character. */
export const isOldResidentId = (id: string): boolean =>
  /^[1-9]\d{14}$/.test(id) && provinces.has(id.slice(0, 2)) && isDay(`19${id.slice(6, 12)}`);

/** US Social Security number: no area 000, 666 or 900 up, no group 00, no serial 0000 (SSA POMS RM 10201.035). */
export const isSocialSecurity = (ssn: string): boolean =>
  /^(?!000|666|9)\d{3}(?!00)\d\d(?!0000)\d{4}$/.test(ssn) && ssn !== "078051120" && ssn !== "219099999";

/** UK National Insurance number: two letters of the allowed ones, six digits, A to D (HMRC NIM39110). */
const nino = /^(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]$/;
const NINO_MAX = 13;

/** National identity numbers of China (18 and 15 digits), the United States and the United Kingdom. */
export const nationalId: TextDetector = {
  name: "national-id",
  needs: anyDigit,
  scan(text) {
    const found: Match[] = [];
    const add = (start: number, end: number, score: number, evidence: string): void =>
      void found.push({ hazard: "pii.id", start, end, score, evidence });
    eachNumber(text, 9, (number) => {
      if (number.plus || number.paren) return;
      for (let k = 1; k <= number.sizes.length; k++) digitId(text, number, k, add);
    });
    ninos(text, add);
    return found;
  },
  holdFrom: (text) => Math.min(holdNumber(text), holdNino(text)),
};

type Add = (start: number, end: number, score: number, evidence: string) => void;

function digitId(text: string, number: Grouped, groups: number, add: Add): void {
  const sizes = number.sizes.slice(0, groups).join();
  const digits = digitsOf(number, groups);
  const end = number.ends[groups - 1] as number;
  const { start } = number;
  if (digits.length === 17 && (sizes === "17" || sizes === "6,8,3")) {
    const x = codeAt(text, end);
    if ((x === 88 || x === 120) && isResidentId(`${digits}X`) && opens(text, start, true) && closes(text, end + 1, true))
      add(start, end + 1, 0.98, "Chinese resident id, check character valid");
  } else if (digits.length === 18 && (sizes === "18" || sizes === "6,8,4" || sizes === "6,4,4,4")) {
    if (isResidentId(digits) && opens(text, start, true) && closes(text, end, true))
      add(start, end, 0.98, "Chinese resident id, check character valid");
  } else if (digits.length === 15 && (sizes === "15" || sizes === "6,6,3")) {
    if (isOldResidentId(digits) && opens(text, start, false) && closes(text, end, false))
      add(start, end, 0.6, "Chinese resident id of the 15-digit form");
  } else if (sizes === "3,2,4") {
    const gap = number.gaps[0];
    if (gap !== number.gaps[1] || (gap !== "-" && gap !== " ")) return;
    if (isSocialSecurity(digits) && opens(text, start, false) && closes(text, end, false))
      add(start, end, gap === "-" ? 0.85 : 0.5, "US Social Security number");
  }
}

function ninos(text: string, add: Add): void {
  const candidate = /(?<![0-9A-Za-z_])[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?: ?\d\d){3} ?[A-D](?![0-9A-Za-z_])/g;
  for (const hit of text.matchAll(candidate))
    if (nino.test(hit[0])) add(hit.index, hit.index + hit[0].length, 0.9, "UK National Insurance number");
}

/** Two capitals and what may follow them, up to the end. */
function holdNino(text: string): number {
  const stop = Math.max(0, text.length - NINO_MAX - 1);
  for (let i = stop; i < text.length; i++) {
    if (!isCapital(text.charCodeAt(i)) || isAsciiWord(text.charCodeAt(i - 1))) continue;
    let j = i + 1;
    if (j < text.length && !isCapital(text.charCodeAt(j))) continue;
    for (
      j++;
      j < text.length && (text[j] === " " || isDigit(text.charCodeAt(j)) || (j > i + 7 && isAlpha(text.charCodeAt(j))));
    )
      j++;
    if (j >= text.length) return i;
  }
  return text.length;
}

const isCapital = (c: number): boolean => c >= 65 && c <= 90;
