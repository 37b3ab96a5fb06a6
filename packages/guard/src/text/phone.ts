import type { Match, TextDetector } from "../contract.ts";
import { anyDigit, closes, digitsOf, eachNumber, type Grouped, holdNumber, opens } from "./number.ts";

/** Digits after the country code, fewest and most (ITU-T E.164 national plans); others 7 to 12. */
const national: Readonly<Record<string, readonly [number, number]>> = {
  1: [10, 10],
  7: [10, 10],
  30: [10, 10],
  31: [9, 9],
  32: [8, 9],
  33: [9, 9],
  34: [9, 9],
  39: [8, 11],
  41: [9, 9],
  44: [9, 10],
  46: [7, 10],
  48: [9, 9],
  49: [6, 11],
  55: [10, 11],
  60: [8, 10],
  61: [9, 9],
  62: [8, 12],
  63: [8, 10],
  64: [8, 10],
  65: [8, 8],
  66: [8, 9],
  81: [9, 10],
  82: [8, 10],
  84: [9, 10],
  86: [9, 11],
  91: [10, 10],
  852: [8, 8],
  853: [8, 8],
  886: [8, 9],
};

const mobileSizes = new Set(["11", "3,4,4", "3,8", "7,4", "4,4,3", "4,3,4"]);
const landlineSizes = new Set(["7", "8", "4,4", "3,4"]);
/** 800, 888 … and China's 400 and 800: hotlines, not people. */
const tollFree = /^8(?:00|33|44|55|66|77|88)|^400/;

/**
 * Telephone numbers: Chinese mobiles and landlines, North American and British forms, anything in E.164 with `+`.
 * Bare runs of digits only where they are Chinese mobiles; an order number looks like all the others.
 */
export const phone: TextDetector = {
  name: "phone",
  needs: anyDigit,
  scan(text) {
    const found: Match[] = [];
    eachNumber(text, 8, (number) => {
      if (!opens(text, number.start, false) || (number.paren && number.gaps[0] !== ")")) return;
      for (let k = number.sizes.length; k > 0; k--) {
        const kind = kindOf(number, k);
        const end = number.ends[k - 1] as number;
        if (kind === undefined || !closes(text, end, false)) continue;
        found.push({ hazard: "pii.phone", start: number.start, end, score: kind[1], evidence: kind[0] });
        return;
      }
    });
    return found;
  },
  holdFrom: holdNumber,
};

type Kind = readonly [evidence: string, score: number];

function kindOf(number: Grouped, groups: number): Kind | undefined {
  const digits = digitsOf(number, groups);
  if (digits.length < 8 || digits.length > 17) return undefined;
  const sizes = number.sizes.slice(0, groups);
  if (number.plus) return international(digits);
  return chinese(digits, sizes, number) ?? northAmerican(digits, sizes, number) ?? british(digits, sizes);
}

function international(digits: string): Kind | undefined {
  const code = [1, 2, 3].map((n) => digits.slice(0, n)).find((c) => c in national);
  const [fewest, most] = code === undefined ? [5, 13] : (national[code] as readonly [number, number]);
  // +44 (0)20 …: the trunk zero is written and not dialled
  const trunk = code !== undefined && code !== "39" && digits[code.length] === "0" ? 1 : 0;
  const rest = digits.length - (code?.length ?? 2) - trunk;
  if (digits[0] === "0" || rest < fewest || rest > most || digits.length > 15) return undefined;
  return ["telephone number with country code", 0.95];
}

function chinese(digits: string, sizes: readonly number[], { paren }: Grouped): Kind | undefined {
  for (const code of ["0086", "86", ""]) {
    if (!digits.startsWith(code)) continue;
    const rest = digits.slice(code.length);
    const own = without(sizes, code.length);
    if (own === undefined) continue;
    if (rest.length === 11 && /^1[3-9]/.test(rest) && mobileSizes.has(own.join())) return ["Chinese mobile number", 0.9];
    const area = /^0(?:10|2\d|[3-9]\d\d)/.exec(rest)?.[0].length;
    if (area === undefined || own[0] !== area || own.length < 2) continue;
    const local = own.slice(1);
    // an extension: 010-12345678-801
    if (local.length > 1 && (local.at(-1) as number) <= 4 && landlineSizes.has(local.slice(0, -1).join())) local.pop();
    if (landlineSizes.has(local.join()) && rest[area] !== "0") return ["Chinese landline number", paren ? 0.9 : 0.8];
  }
  return undefined;
}

/** Group sizes after a prefix of `n` digits that is a group of its own or the head of the first group. */
function without(sizes: readonly number[], n: number): readonly number[] | undefined {
  const first = sizes[0] as number;
  if (n === 0) return sizes;
  if (first === n) return sizes.slice(1);
  return first > n ? [first - n, ...sizes.slice(1)] : undefined;
}

function northAmerican(digits: string, sizes: readonly number[], { paren, gaps }: Grouped): Kind | undefined {
  const one = sizes.length > 3 && sizes[0] === 1 && digits[0] === "1";
  const key = (one ? sizes.slice(1) : sizes).join();
  if (key !== "3,3,4" && !(paren && key === "3,7")) return undefined;
  const rest = one ? digits.slice(1) : digits;
  if (!/^[2-9]\d\d[2-9]\d{6}$/.test(rest) || tollFree.test(rest) || /^.11/.test(rest)) return undefined;
  // three numbers in a row ("256 512 1024") look just like it
  const onlySpaces = !one && !paren && gaps.slice(0, 2).every((g) => g === " ");
  return ["North American telephone number", onlySpaces ? 0.4 : 0.85];
}

/** 07911 123456 */
const british = (digits: string, sizes: readonly number[]): Kind | undefined =>
  /^07[1-9]\d{8}$/.test(digits) && ["5,6", "5,3,3"].includes(sizes.join()) ? ["British mobile number", 0.8] : undefined;
