import { diskBlobs } from "./blobs-disk.ts";
import { memoryBlobs } from "./blobs-memory.ts";
import { s3Blobs } from "./blobs-s3.ts";
import type { Blobs } from "./contract.ts";

export interface BlobCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface BlobOptions {
  /** `s3://BUCKET/PREFIX?endpoint=http://…&region=…`. */
  readonly url?: string;
  /** Needed with `url`. */
  readonly credentials?: BlobCredentials;
  /** Without `url`: folder, made when missing. Without either the blobs are in memory. */
  readonly folder?: string;
}

/**
 * Opens the place of the artifacts' bytes: an S3-compatible store, a folder, or memory.
 * Keys that are not valid throw RangeError (see `checkKey`), as does a URL of another kind.
 * @example const blobs = await openBlobs({ folder: "/var/lib/inkseal/blobs" });
 */
export async function openBlobs(options: BlobOptions = {}): Promise<Blobs> {
  if (options.url !== undefined) {
    if (!options.url.startsWith("s3://")) throw new RangeError("openBlobs: the URL must start with s3://");
    if (options.credentials === undefined) throw new RangeError("openBlobs: s3:// needs credentials");
    return s3Blobs(options.url, options.credentials);
  }
  return options.folder === undefined ? memoryBlobs() : diskBlobs(options.folder);
}
