import { concat, viewOf } from "./bytes.ts";
import { type JpegSegment, jpegSegment } from "./jpeg.ts";

/**
 * JUMBF in JPEG (ISO 19566-5, annex D; C2PA 2.2, A.3.1): APP11 segments, each
 * `JP`, box instance number (2), packet sequence number (4), then the box's own LBox and TBox (8) again, then a piece.
 */
const piece = 64_000;

/** The segments of one JUMBF superbox of `box.length` bytes. */
export function app11Segments(box: Uint8Array, instance = 1): JpegSegment[] {
  const segments: JpegSegment[] = [];
  for (let at = 8, sequence = 1; at < box.length || sequence === 1; at += piece, sequence++) {
    const head = new Uint8Array(16);
    const view = viewOf(head);
    view.setUint16(0, 0x4a50); // "JP"
    view.setUint16(2, instance);
    view.setUint32(4, sequence);
    head.set(box.subarray(0, 8), 8);
    segments.push(jpegSegment(0xeb, concat([head, box.subarray(at, at + piece)])));
  }
  return segments;
}

export interface App11Box {
  readonly instance: number;
  readonly box: Uint8Array;
  /** The segments it was cut into, in file order. */
  readonly segments: readonly JpegSegment[];
}

/** Every JUMBF box found in APP11 segments, put together again; pieces out of sequence end their box. */
export function app11Boxes(segments: readonly JpegSegment[]): App11Box[] {
  const byInstance = new Map<number, { parts: Uint8Array[]; segments: JpegSegment[]; next: number }>();
  for (const s of segments) {
    if (s.marker !== 0xeb || s.data.length < 16) continue;
    const view = viewOf(s.data);
    if (view.getUint16(0) !== 0x4a50) continue;
    const instance = view.getUint16(2);
    const sequence = view.getUint32(4);
    const known = byInstance.get(instance);
    if (known === undefined) {
      // some writers count from 0
      if (sequence <= 1) byInstance.set(instance, { parts: [s.data.subarray(8)], segments: [s], next: sequence + 1 });
    } else if (sequence === known.next) {
      known.parts.push(s.data.subarray(16));
      known.segments.push(s);
      known.next++;
    }
  }
  return [...byInstance].map(([instance, b]) => ({ instance, box: concat(b.parts), segments: b.segments }));
}
