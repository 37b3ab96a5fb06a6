import type { Binding } from "./binding.ts";
import type { NamedBox } from "./bindings/box.ts";
import { bmffContainer } from "./containers/bmff.ts";
import { gifContainer } from "./containers/gif.ts";
import { htmlContainer } from "./containers/html.ts";
import { id3Container } from "./containers/id3.ts";
import { jpegContainer } from "./containers/jpeg.ts";
import { oggContainer } from "./containers/ogg.ts";
import { pdfContainer } from "./containers/pdf.ts";
import { pngContainer } from "./containers/png.ts";
import { aviContainer, jxlContainer, tiffContainer } from "./containers/read-only.ts";
import { riffContainer } from "./containers/riff.ts";
import { svgContainer } from "./containers/svg.ts";
import { markdownContainer, textContainer } from "./containers/text.ts";
import { zipContainer } from "./containers/zip.ts";

/** Where a manifest store stands in a file: bytes [start, start + length), wrapping included. */
export interface Place {
  readonly start: number;
  readonly length: number;
}

/** How one container carries a C2PA manifest store (C2PA 2.2, annex A.3). */
export interface Container {
  /** The file with this store, and without any other. How long the file gets depends on the store's length alone. */
  embed(file: Uint8Array, store: Uint8Array): { readonly file: Uint8Array; readonly place: Place };
  /** The store, or undefined when there is none. Throws `bad-file`. */
  extract(file: Uint8Array): { readonly store: Uint8Array; readonly place: Place } | undefined;
  /** Whether this very file can carry one. Without it: every file of the type. */
  fits?(file: Uint8Array): boolean;
  /** All of a file, box by box, for hashes over boxes; the manifest store is one box. Throws `bad-file`. */
  boxes?(file: Uint8Array): readonly NamedBox[];
  /** How the manifest is tied to the file. Without it: a data hash. */
  readonly binding?: Binding;
}

/** Containers by media type; any other media type carries no manifest. */
export const containers: Readonly<Record<string, Container>> = {
  "image/png": pngContainer,
  "image/jpeg": jpegContainer,
  "image/webp": riffContainer,
  "image/gif": gifContainer,
  "image/svg+xml": svgContainer,
  "image/avif": bmffContainer,
  "image/heic": bmffContainer,
  "image/tiff": tiffContainer,
  "image/jxl": jxlContainer,
  "audio/wav": riffContainer,
  "audio/mpeg": id3Container,
  "audio/flac": id3Container,
  "audio/ogg": oggContainer,
  "audio/mp4": bmffContainer,
  "video/mp4": bmffContainer,
  "video/quicktime": bmffContainer,
  "video/x-msvideo": aviContainer,
  "application/pdf": pdfContainer,
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": zipContainer,
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": zipContainer,
  "application/vnd.openxmlformats-officedocument.presentationml.presentation": zipContainer,
  "text/plain": textContainer,
  "text/markdown": markdownContainer,
  "text/html": htmlContainer,
};
