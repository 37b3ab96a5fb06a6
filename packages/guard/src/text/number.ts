import { codeAt, isAlpha, isDigit, isGap, isNumeric, isWord } from "./letters.ts";

/**
 * Numbers as people write them: groups of digits with one separator between. Phone, card and identity numbers are
 * all read from this, so that one bounded look at a number serves them.
 */
export interface Grouped {
  /** Offset of the first character: a digit, `+` or `(`. */
  readonly start: number;
  readonly plus: boolean;
  readonly paren: boolean;
  /** All digits, ASCII. */
  readonly digits: string;
  /** Length of each group. */
  readonly sizes: readonly number[];
  /** Offset after each group. */
  readonly ends: readonly number[];
  /** What stands before each group but the first: ` `, `-`, `.` or `)`. */
  readonly gaps: readonly string[];
}

/** Some digit, in ASCII or full width: without one there is no number. Shared, so that one test serves all. */
export const anyDigit = /[0-9０-９]/;

const MAX_DIGITS = 24;
const MAX_GROUPS = 8;
/**
 * No number detector looks further than this many characters from where a match begins: 24 digits, 7 separators of
 * up to 2, `(+` before, and 2 to see where it ends.
 */
export const NUMBER_REACH = 44;

const DOT = 46;
const OPEN = 40;
const CLOSE = 41;
const PLUS = 43;

/**
 * Digits with at most two joints between, `minDigits` or more of them. Native search finds these an order of magnitude
 * faster than a loop does, and most text with a digit in it has none. Digits and joints are disjoint: no backtracking.
 */
const dense = new Map(
  [8, 9, 13].map((minDigits) => [
    minDigits,
    new RegExp(
      String.raw`(?<![0-9０-９])[0-9０-９](?:[ \u00a0\u2010-\u2013.．()（）+＋－-]{0,2}[0-9０-９]){${minDigits - 1}}`,
      "g",
    ),
  ]),
);

/** Calls `visit` for every place in `text` where a number of `minDigits` or more may begin. */
export function eachNumber(text: string, minDigits: 8 | 9 | 13, visit: (number: Grouped) => void): void {
  const search = dense.get(minDigits) as RegExp;
  search.lastIndex = 0;
  for (let hit = search.exec(text); hit !== null; hit = search.exec(text)) {
    let start = hit.index;
    while (isOpening(codeAt(text, start - 1))) start--;
    start = visitRun(text, start, minDigits, visit);
    search.lastIndex = start;
  }
}

const isOpening = (c: number): boolean => c === PLUS || c === OPEN;

/** Visits the numbers of one run of digits and joints; its end. */
function visitRun(text: string, from: number, minDigits: number, visit: (number: Grouped) => void): number {
  let start = from;
  for (let c = codeAt(text, start); isNumeric(c); c = codeAt(text, ++start)) {
    const digit = isDigit(c);
    if (!digit && !isOpening(c)) continue;
    const before = codeAt(text, start - 1);
    if (!isWord(before) && !(digit && before === PLUS) && enoughDigits(text, start, minDigits)) {
      const number = readNumber(text, start);
      if (number.digits.length >= minDigits) visit(number);
    }
    // nothing begins inside of a group
    if (digit) while (isDigit(codeAt(text, start + 1))) start++;
  }
  return start;
}

/** A cheap look ahead, so that years and prices cost next to nothing. */
function enoughDigits(text: string, start: number, minDigits: number): boolean {
  let digits = 0;
  for (let i = start; i < start + NUMBER_REACH; i++) {
    const c = codeAt(text, i);
    if (isDigit(c)) {
      if (++digits >= minDigits) return true;
    } else if (!isNumeric(c)) return false;
  }
  return false;
}

function readNumber(text: string, start: number): Grouped {
  const sizes: number[] = [];
  const ends: number[] = [];
  const gaps: string[] = [];
  let digits = "";
  let i = start;
  const paren = codeAt(text, i) === OPEN;
  if (paren) i++;
  const plus = codeAt(text, i) === PLUS;
  if (plus) i++;
  while (sizes.length < MAX_GROUPS) {
    const from = i;
    for (let c = codeAt(text, i); isDigit(c) && digits.length < MAX_DIGITS; c = codeAt(text, ++i))
      digits += String.fromCharCode(c);
    if (i === from) break;
    sizes.push(i - from);
    ends.push(i);
    const c = codeAt(text, i);
    const next = codeAt(text, i + 1);
    if (c === CLOSE) {
      gaps.push(")");
      i += isGap(next) ? 2 : 1;
    } else if (c === 32 && next === OPEN) {
      gaps.push(")");
      i += 2;
    } else if (isGap(c) || c === DOT) {
      gaps.push(c === DOT ? "." : c === 32 || c === 0xa0 ? " " : "-");
      i++;
    } else break;
  }
  gaps.length = Math.max(0, sizes.length - 1);
  return { start, plus, paren, digits, sizes, ends, gaps };
}

/** Digits of the first `groups` groups. */
export function digitsOf(number: Grouped, groups: number): string {
  let n = 0;
  for (let i = 0; i < groups; i++) n += number.sizes[i] as number;
  return number.digits.slice(0, n);
}

/**
 * Whether a number that begins at `start` stands on its own to the left: no decimal fraction, and unless it proves
 * itself by a check digit (`strong`) no tail of a hyphenated code and no amount of money.
 */
export function opens(text: string, start: number, strong: boolean): boolean {
  const before = codeAt(text, start - 1);
  if (isWord(before)) return false;
  if (before === DOT && isDigit(codeAt(text, start - 2))) return false;
  if (strong) return true;
  if (before === 45 && isWord(codeAt(text, start - 2))) return false;
  return !"$¥￥€£".includes(String.fromCharCode(before));
}

/** The same to the right of `end`. */
export function closes(text: string, end: number, strong: boolean): boolean {
  const c = codeAt(text, end);
  if (isWord(c)) return false;
  const next = codeAt(text, end + 1);
  if (c === DOT && isDigit(next)) return false;
  if (strong) return true;
  if (c === 45 && isWord(next)) return false;
  return !"元円块万亿%‰℃".includes(String.fromCharCode(c));
}

/**
 * Offset from which the end of `text` could be, or become, a number that is not yet finished: digits with separators,
 * a letter after a digit (the X of a resident id), at most {@link NUMBER_REACH} characters.
 */
export function holdNumber(text: string): number {
  const length = text.length;
  const stop = Math.max(0, length - NUMBER_REACH);
  let i = length;
  while (i > stop) {
    const c = codeAt(text, i - 1);
    const x = i >= length - 1 && isAlpha(c) && isDigit(codeAt(text, i - 2));
    if (!isNumeric(c) && !x) break;
    i--;
  }
  for (; i < length; i++) {
    const c = codeAt(text, i);
    if (isDigit(c) || c === PLUS || c === OPEN) return i;
  }
  return length;
}

/** Luhn's formula (ISO/IEC 7812-1 Annex B). */
export function luhn(digits: string): boolean {
  let sum = 0;
  for (let i = digits.length - 1, twice = false; i >= 0; i--, twice = !twice) {
    let d = digits.charCodeAt(i) - 48;
    if (twice && (d *= 2) > 9) d -= 9;
    sum += d;
  }
  return sum % 10 === 0;
}

/** Whether `YYYYMMDD` is a day of the Gregorian calendar between 1900 and 2099. */
export function isDay(yyyymmdd: string): boolean {
  const y = Number(yyyymmdd.slice(0, 4));
  const m = Number(yyyymmdd.slice(4, 6));
  const d = Number(yyyymmdd.slice(6, 8));
  if (y < 1900 || y > 2099 || m < 1 || m > 12 || d < 1) return false;
  const leap = (y % 4 === 0 && y % 100 !== 0) || y % 400 === 0;
  return d <= (m === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(m) ? 30 : 31);
}
