/** Code points that terminals draw two columns wide (Unicode 16 East Asian Width W and F, the ranges that people type). */
const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe4f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
];

/** Columns that a string takes in a terminal. */
export function width(text: string): number {
  let columns = 0;
  for (const char of text) {
    const code = char.codePointAt(0)!;
    if (/\p{M}/u.test(char)) continue;
    columns += code >= 0x1100 && wide.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
  }
  return columns;
}

/** `text` and spaces up to `columns`. */
export const pad = (text: string, columns: number): string => text + " ".repeat(Math.max(0, columns - width(text)));

/** `text`, or as much of it as fits into `columns` with a … at its end. */
export function cut(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let short = "";
  for (const char of text) {
    if (width(short) + width(char) > columns - 1) break;
    short += char;
  }
  return `${short}…`;
}
