import { createHash } from "node:crypto";
import { AwsClient } from "aws4fetch";
import { checkKey } from "./blob-key.ts";
import type { BlobCredentials } from "./blobs.ts";
import type { Blobs } from "./contract.ts";

/**
 * Blobs in an S3-compatible store, requests signed with Signature Version 4, bodies included.
 * `endpoint` speaks path style (MinIO, Garage, SeaweedFS, R2); without it AWS's own host of the bucket.
 * Every method rejects with an Error naming the HTTP status when the store refuses; 5xx and 429 are tried four times.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html
 */
export function s3Blobs(url: string, credentials: BlobCredentials): Blobs {
  const where = new URL(url);
  const region = where.searchParams.get("region") ?? "us-east-1";
  const endpoint = where.searchParams.get("endpoint");
  const bucket = where.hostname;
  if (bucket === "") throw new RangeError("openBlobs: s3://BUCKET/PREFIX needs a bucket");
  const prefix = where.pathname.replace(/^\/+|\/+$/g, "");
  const base = endpoint === null ? `https://${bucket}.s3.${region}.amazonaws.com` : `${endpoint.replace(/\/+$/, "")}/${bucket}`;
  const client = new AwsClient({ ...credentials, service: "s3", region, retries: 3 });

  const send = async (method: string, key: string, body?: Uint8Array): Promise<Response> => {
    checkKey(key);
    const address = `${base}/${prefix === "" ? "" : `${prefix}/`}${key}`;
    const sha256 = createHash("sha256")
      .update(body ?? "")
      .digest("hex");
    const headers = { "x-amz-content-sha256": sha256 };
    return client.fetch(address, { method, headers, body: body as BodyInit | undefined });
  };
  const refuse = async (response: Response, method: string): Promise<never> => {
    await response.arrayBuffer().catch(() => {}); // frees the connection
    throw new Error(`the object store answered ${response.status} to ${method} in bucket ${bucket}`);
  };
  return {
    async put(key, bytes) {
      const response = await send("PUT", key, bytes);
      if (!response.ok) await refuse(response, "PUT");
      await response.arrayBuffer();
    },
    async get(key) {
      const response = await send("GET", key);
      if (!response.ok && response.status !== 404) await refuse(response, "GET");
      const bytes = new Uint8Array(await response.arrayBuffer());
      return response.ok ? bytes : undefined;
    },
    async has(key) {
      const response = await send("HEAD", key);
      if (!response.ok && response.status !== 404) await refuse(response, "HEAD");
      await response.arrayBuffer();
      return response.ok;
    },
    async delete(key) {
      const response = await send("DELETE", key);
      if (!response.ok && response.status !== 404) await refuse(response, "DELETE");
      await response.arrayBuffer();
    },
  };
}
