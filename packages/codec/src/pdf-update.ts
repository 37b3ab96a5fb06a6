import { concat, latin1 } from "./bytes.ts";
import type { Pdf } from "./pdf.ts";

/** A new or changed object. */
export interface PdfObject {
  readonly number: number;
  /** Value, as it is written; a stream's dictionary needs its `Length`. */
  readonly value: string;
  readonly stream?: Uint8Array;
}

/** The file with an incremental update (7.5.6) behind it: nothing of it changes, later objects win. Offsets of streams come back in order. */
export function updatePdf(
  file: Uint8Array,
  pdf: Pdf,
  objects: readonly PdfObject[],
  trailer: ReadonlyMap<string, string> = new Map(),
): { readonly file: Uint8Array; readonly streams: readonly number[] } {
  const parts: Uint8Array[] = [file, latin1("\n")];
  let length = file.length + 1;
  const push = (bytes: Uint8Array): void => {
    parts.push(bytes);
    length += bytes.length;
  };
  const streams: number[] = [];
  const places: [number: number, offset: number][] = [];
  for (const o of objects) {
    places.push([o.number, length]);
    push(latin1(`${o.number} 0 obj\n${o.value}\n`));
    if (o.stream !== undefined) {
      push(latin1("stream\n"));
      streams.push(length);
      push(o.stream);
      push(latin1("\nendstream\n"));
    }
    push(latin1("endobj\n"));
  }
  places.sort(([a], [b]) => a - b);
  const at = length;
  const size = Math.max(nextNumber(pdf), ...objects.map((o) => o.number + 1));
  const kept = ["Root", "Info", "ID"].flatMap((k) => {
    const value = trailer.get(k) ?? pdf.trailer.get(k);
    return value === undefined ? [] : [`/${k} ${value}`];
  });
  const common = `${kept.join(" ")} /Prev ${pdf.startxref}`;
  push(latin1(pdf.streamed ? streamSection(places, at, size, common) : tableSection(places, size, common)));
  push(latin1(`startxref\n${at}\n%%EOF\n`));
  return { file: concat(parts), streams };
}

/** The first number that no object has. */
export const nextNumber = (pdf: Pdf): number => Number(pdf.trailer.get("Size"));

const padded = (n: number, digits: number): string => String(n).padStart(digits, "0");

function tableSection(places: readonly [number, number][], size: number, common: string): string {
  const rows = places.map(([n, offset]) => `${n} 1\n${padded(offset, 10)} 00000 n \n`).join("");
  return `xref\n${rows}trailer\n<</Size ${size} ${common}>>\n`;
}

/** Rows of 1, 4 and 2 bytes, not compressed; the section lists itself, too. */
function streamSection(places: readonly [number, number][], at: number, size: number, common: string): string {
  const all = [...places, [size, at] as const];
  const rows = all
    .map(([, o]) => String.fromCharCode(1, (o >>> 24) & 255, (o >>> 16) & 255, (o >>> 8) & 255, o & 255, 0, 0))
    .join("");
  const index = all.map(([n]) => `${n} 1`).join(" ");
  const dict = `<</Type /XRef /Size ${size + 1} /Index [${index}] /W [1 4 2] ${common} /Length ${rows.length}>>`;
  return `${size} 0 obj\n${dict}\nstream\n${rows}\nendstream\nendobj\n`;
}
