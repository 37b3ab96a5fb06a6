import type { LoadWasm } from "@inkseal/codec";
import type { LayerVerdict, Mark, Policy, Provenance } from "@inkseal/core";
import type { AigcCarried } from "../aigc/verdict.ts";

/** Bytes with a mark put on; undefined when this file cannot carry it. */
export type Marked = { readonly bytes: Uint8Array; readonly marks: readonly Mark[] } | undefined;

/** What one media type can carry. All three verbs throw `bad-file` for bytes that are not of the type. */
export interface Format {
  /** The label that people see or hear, as the policy asks. */
  label(bytes: Uint8Array, policy: Policy, provenance: Provenance): Promise<Marked>;
  /** AIGC (and IPTC) metadata; `aigc` is the field's JSON. Exactly one field afterwards. */
  metadata(bytes: Uint8Array, aigc: string, provenance: Provenance): Marked;
  read(bytes: Uint8Array): Promise<FormatReading>;
  /** Absent where no watermark of ours can stand. */
  readonly watermark?: WatermarkFormat;
}

/** An imperceptible mark in the content itself, under a key of 32 bytes. */
export interface WatermarkFormat {
  /** It changes words: put on only where the policy asks for it (`marks.wording`), and not on words that an engine marked while it drew them. */
  readonly changesWords?: true;
  /** Puts in what names the run; undefined where the content is too short, too small or too flat. */
  embed(bytes: Uint8Array, run: string, key: Uint8Array): Promise<Marked>;
  /** A verdict that names its run has the id, or how it begins, as `data.run`. */
  detect(bytes: Uint8Array, key: Uint8Array): Promise<LayerVerdict>;
}

export interface FormatReading {
  /** Absent where no label can stand. */
  readonly label?: LayerVerdict;
  readonly aigc: readonly AigcCarried[];
  /** Absent where the container has no place for it. */
  readonly iptc?: LayerVerdict;
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
