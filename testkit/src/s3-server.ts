import { createHash, createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A loopback S3 of four verbs that checks every signature (s3rver, the usual stand-in, accepts any version 4 one). */
export interface TestS3 {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Answers the next `n` requests with 503, as a busy store does. */
  busy(n: number): void;
  close(): Promise<void>;
}

/** One bucket, `house`, in memory. */
export async function startS3(): Promise<TestS3> {
  const credentials = { accessKeyId: "AKIATEST", secretAccessKey: "secret+/key" };
  const objects = new Map<string, Buffer>();
  let busy = 0;
  const server: Server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    const answer = (status: number, bytes?: Buffer | string) => response.writeHead(status).end(bytes);
    if (busy > 0) {
      busy--;
      return answer(503, "SlowDown");
    }
    if (!signatureIsValid(request, body, credentials)) return answer(403, "SignatureDoesNotMatch");
    const path = (request.url ?? "").split("?")[0] as string;
    if (!path.startsWith("/house/")) return answer(404, "NoSuchBucket");
    const object = objects.get(path);
    if (request.method === "PUT") objects.set(path, body);
    if (request.method === "DELETE") objects.delete(path);
    if (request.method === "PUT") return answer(200);
    if (request.method === "DELETE") return answer(204);
    return object === undefined ? answer(404, "NoSuchKey") : answer(200, request.method === "HEAD" ? undefined : object);
  });
  await new Promise<void>((r) => server.listen(0, "127.0.0.1", r));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials,
    busy: (n) => void (busy = n),
    close: () =>
      new Promise((r) => {
        server.close(() => r());
        server.closeAllConnections();
      }),
  };
}

const sha256 = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");
const hmac = (key: string | Buffer, data: string): Buffer => createHmac("sha256", key).update(data).digest();

/**
 * Signature Version 4 in the Authorization header, with a signed body.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
function signatureIsValid(request: IncomingMessage, body: Buffer, of: TestS3["credentials"]): boolean {
  const form =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
  const [, id, day = "", region = "", signed = "", signature] = form.exec(request.headers.authorization ?? "") ?? [];
  if (id !== of.accessKeyId || request.headers["x-amz-content-sha256"] !== sha256(body)) return false;
  const names = signed.split(";");
  if (!names.includes("host") || !names.includes("x-amz-content-sha256") || !names.includes("x-amz-date")) return false;
  const [path = "", query = ""] = (request.url ?? "").split("?");
  const headers = names.map((n) => `${n}:${String(request.headers[n] ?? "").trim()}\n`).join("");
  const canonical = [request.method, path, query, headers, signed, sha256(body)].join("\n");
  const scope = `${day}/${region}/s3/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", request.headers["x-amz-date"], scope, sha256(canonical)].join("\n");
  const key = hmac(hmac(hmac(hmac(`AWS4${of.secretAccessKey}`, day), region), "s3"), "aws4_request");
  return hmac(key, toSign).toString("hex") === signature;
}
