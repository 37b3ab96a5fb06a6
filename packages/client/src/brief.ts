import type { BriefInput } from "@inkseal/core";

/** A file to send along: a `File` of a browser, or bytes with a name. The server looks at the bytes for their type. */
export interface UploadFile {
  readonly name: string;
  readonly bytes: Uint8Array | Blob;
  readonly mediaType?: string;
  /** What it is for: `image`, `mask`, `audio`, `reference`. */
  readonly role?: string;
}

/** What `create` and `run` take: core's brief, with files as they come to hand. */
export type ClientBrief = Omit<BriefInput, "files"> & { readonly files?: readonly (UploadFile | File)[] };

/** A brief as a request: JSON without files, multipart with (no base64, a quarter less to send). */
export function briefRequest(brief: ClientBrief, stream: boolean): { body: BodyInit; headers: Record<string, string> } {
  const { files = [], ...rest } = brief;
  const json = JSON.stringify({ ...rest, stream });
  if (files.length === 0) return { body: json, headers: { "content-type": "application/json" } };
  const form = new FormData();
  form.append("brief", json);
  for (const file of files) {
    if (isFile(file)) form.append("file", file, file.name);
    else form.append(file.role ?? "file", blobOf(file.bytes, file.mediaType), file.name);
  }
  return { body: form, headers: {} };
}

const isFile = (file: UploadFile | File): file is File => !("bytes" in file) || typeof file.bytes === "function";

/** Bytes as something `fetch` takes on every platform. */
export function blobOf(bytes: Uint8Array | Blob, mediaType = "application/octet-stream"): Blob {
  if (bytes instanceof Blob) return bytes;
  return new Blob([bytes as Uint8Array<ArrayBuffer>], { type: mediaType });
}
