import type { LoadWasm, Raster } from "@inkseal/codec";
import type { LayerVerdict, Mark, Policy, Provenance } from "@inkseal/core";
import type { AigcCarried } from "../aigc/verdict.ts";

/** Bytes with a mark put on; undefined when this file cannot carry it. */
export type Marked = { readonly bytes: Uint8Array; readonly marks: readonly Mark[] } | undefined;

/** What one media type can carry. All verbs throw `bad-file` for bytes that are not of the type. */
export interface Format {
  /**
   * What changes the content itself: the watermark, and over it the label that people see or hear. Decoded once and encoded once. Absent where
   * neither can stand.
   */
  content?(bytes: Uint8Array, wish: ContentWish): Promise<Content | undefined>;
  /** AIGC (and IPTC) metadata; `aigc` is the field's JSON. Exactly one field afterwards. */
  metadata(bytes: Uint8Array, aigc: string, provenance: Provenance): Marked;
  /** `watermarkKey`: 32 bytes; without them no watermark is looked for. */
  read(bytes: Uint8Array, watermarkKey?: Uint8Array): Promise<FormatReading>;
}

export interface ContentWish {
  /** Says which label. */
  readonly policy: Policy;
  readonly provenance: Provenance;
  /** 32 bytes, where a watermark that names the run is wanted. */
  readonly watermarkKey?: Uint8Array;
  /** The media type to deliver, where the bytes came without loss for that (`MediaPart.as`). */
  readonly as?: string;
}

export interface Content {
  readonly bytes: Uint8Array;
  readonly marks: readonly Mark[];
  /** The picture that the bytes now show, so that nobody decodes it again. */
  readonly raster?: Raster;
  /** What could not be put on, for people. */
  readonly warnings?: readonly string[];
}

export interface FormatReading {
  /** Absent where no label can stand. */
  readonly label?: LayerVerdict;
  readonly aigc: readonly AigcCarried[];
  /** Absent where the container has no place for it. */
  readonly iptc?: LayerVerdict;
  /** Absent where none can stand, where none was looked for, and where the content cannot be decoded, which other layers say. */
  readonly watermark?: LayerVerdict;
}

export interface FormatOptions {
  readonly loadWasm?: LoadWasm;
}

export const noLabel = (method: string): LayerVerdict => ({
  layer: "label",
  method,
  status: "absent",
  detail: "no label found",
  data: {},
});
export const foundLabel = (method: string, data: Record<string, unknown>): LayerVerdict => ({
  layer: "label",
  method,
  status: "valid",
  detail: "the label is there",
  data,
});

export const aigcMark = (carrier: string): Mark => ({ layer: "aigc", method: "gb45438.aigc", data: { carrier } });
export const iptcMark = (type: string): Mark => ({
  layer: "iptc",
  method: "iptc.digitalsourcetype",
  data: { digitalSourceType: type },
});
