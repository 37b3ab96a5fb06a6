/** What the text detectors take for a letter, a digit, a separator: one table look-up a character. */

const DIGIT = 1;
const ALPHA = 2;
const LOCAL = 4;
const HEX = 8;
const HAN = 16;
const FOREIGN = 32;
const GAP = 64;
const JOINT = 128;

/** What `codeAt` says outside of the text: no character at all. */
const OUTSIDE = 0x10000;

/** Kinds of every UTF-16 code unit, and its ASCII twin where it is a full-width form (U+FF01 block). */
const kinds = new Uint8Array(OUTSIDE + 1);
const twins = new Uint16Array(OUTSIDE);
for (let c = 0; c < OUTSIDE; c++) {
  twins[c] = c;
  if (c < 128) {
    const s = String.fromCharCode(c);
    if (/[0-9]/.test(s)) kinds[c]! |= DIGIT;
    if (/[A-Za-z]/.test(s)) kinds[c]! |= ALPHA;
    if (/[0-9A-Za-z._%+'-]/.test(s)) kinds[c]! |= LOCAL;
    if (/[0-9A-Fa-f]/.test(s)) kinds[c]! |= HEX;
    if (/[ -]/.test(s)) kinds[c]! |= GAP;
    if (/[ .()+-]/.test(s)) kinds[c]! |= JOINT;
  } else if (c >= 0xc0 && c <= 0x52f && c !== 0xd7 && c !== 0xf7 && (c < 0x250 || c > 0x36f)) kinds[c] = FOREIGN | LOCAL;
  else if (c === 0xa0 || (c >= 0x2010 && c <= 0x2013)) kinds[c] = GAP | JOINT;
  else if (c >= 0x3400 && c <= 0x9fff) kinds[c] = HAN;
  else if (/[０-９Ａ-Ｚａ-ｚ＋－．＿（）＠]/.test(String.fromCharCode(c))) {
    twins[c] = c - 0xfee0;
    kinds[c] = kinds[c - 0xfee0]!;
  }
}

/** Code unit at `i`; full-width letters, digits and `＋－．＿（）＠` as their ASCII twins; 0x10000 outside of the text. */
export const codeAt = (text: string, i: number): number =>
  i >= 0 && i < text.length ? (twins[text.charCodeAt(i)] as number) : OUTSIDE;

export const isDigit = (c: number): boolean => c >= 48 && c <= 57;
export const isHex = (c: number): boolean => ((kinds[c] as number) & HEX) !== 0;
export const isAlpha = (c: number): boolean => ((kinds[c] as number) & ALPHA) !== 0;
/** ASCII letter, digit or `_`. */
export const isWord = (c: number): boolean => ((kinds[c] as number) & (DIGIT | ALPHA)) !== 0 || c === 95;
export const isLetterOrDigit = (c: number): boolean => ((kinds[c] as number) & (DIGIT | ALPHA | FOREIGN)) !== 0;
/** May stand before the `@` of an address: RFC 5322 atext as people use it, and letters of RFC 6531 (Latin, Greek, Cyrillic). */
export const isLocal = (c: number): boolean => ((kinds[c] as number) & LOCAL) !== 0;
/** May stand after it: a letter or digit of any script we know, hyphen, dot. */
export const isDomain = (c: number): boolean =>
  ((kinds[c] as number) & (DIGIT | ALPHA | FOREIGN | HAN)) !== 0 || c === 45 || c === 46;
export const isHan = (c: number): boolean => ((kinds[c] as number) & HAN) !== 0;
/** What people put between groups of digits: space, no-break space, hyphens, en dash. */
export const isGap = (c: number): boolean => ((kinds[c] as number) & GAP) !== 0;
/** Digits, gaps, and the dot, plus and parentheses of telephone numbers. */
export const isNumeric = (c: number): boolean => ((kinds[c] as number) & (DIGIT | JOINT)) !== 0;
