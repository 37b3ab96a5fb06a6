/** What the text detectors take for a letter, a digit, a separator. Full-width forms (U+FF01 block) count as ASCII. */

const table = new Uint8Array(128);
const DIGIT = 1;
const ALPHA = 2;
const LOCAL = 4;
const HEX = 8;
for (let c = 0; c < 128; c++) {
  const s = String.fromCharCode(c);
  table[c] =
    (/[0-9]/.test(s) ? DIGIT : 0) |
    (/[A-Za-z]/.test(s) ? ALPHA : 0) |
    (/[0-9A-Za-z._%+'-]/.test(s) ? LOCAL : 0) |
    (/[0-9A-Fa-f]/.test(s) ? HEX : 0);
}

/** Code unit at `i`, full-width letters, digits and `＋－．＿（）＠` as their ASCII twins; -1 outside of the text. */
export function codeAt(text: string, i: number): number {
  if (i < 0 || i >= text.length) return -1;
  const c = text.charCodeAt(i);
  if (c < 0xff08 || c > 0xff5a) return c;
  const folded = c - 0xfee0;
  if ((table[folded] as number) & (DIGIT | ALPHA)) return folded;
  return "()+-._@".includes(String.fromCharCode(folded)) ? folded : c;
}

const has = (c: number, bits: number): boolean => c >= 0 && c < 128 && ((table[c] as number) & bits) !== 0;

export const isDigit = (c: number): boolean => c >= 48 && c <= 57;
export const isHex = (c: number): boolean => has(c, HEX);
export const isAlpha = (c: number): boolean => has(c, ALPHA);
/** ASCII letter, digit or `_`. */
export const isWord = (c: number): boolean => has(c, DIGIT | ALPHA) || c === 95;
/** Latin with marks, Greek, Cyrillic. */
export const isForeignLetter = (c: number): boolean =>
  c >= 0xc0 && c <= 0x52f && c !== 0xd7 && c !== 0xf7 && (c < 0x250 || c > 0x36f);
/** May stand before the `@` of an address: RFC 5322 atext as people use it, and letters of RFC 6531. */
export const isLocal = (c: number): boolean => has(c, LOCAL) || isForeignLetter(c);
export const isHan = (c: number): boolean => c >= 0x3400 && c <= 0x9fff;
/** What people put between groups of digits: space, no-break space, hyphens, en dash. */
export const isGap = (c: number): boolean => c === 32 || c === 45 || c === 0xa0 || (c >= 0x2010 && c <= 0x2013);
