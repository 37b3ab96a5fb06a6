import { concat, der, derInteger, derOid, derTag } from "@inkseal/codec";
import { InksealError } from "@inkseal/core";
import { digest } from "../c2pa/hashes.ts";
import { checkTimeStamp } from "./check.ts";
import { oids } from "./names.ts";
import { tokenOfResponse } from "./token.ts";

/** What puts a time to bytes. */
export interface TimeStamper {
  /** DER of a TimeStampToken over `data`, already checked but for its chain. Throws `upstream-…`. */
  stamp(data: Uint8Array): Promise<Uint8Array>;
}

export interface AuthorityOptions {
  /** `http:` or `https:`, without a password. Throws `bad-request` for anything else. */
  readonly url: string;
  readonly fetch: typeof fetch;
  /** Milliseconds for the whole answer; 5,000. */
  readonly timeoutMs?: number;
}

const longest = 64 * 1024;

/**
 * A time-stamping authority over HTTP (RFC 3161, 3.4). Its address is its owner's own configuration, so it may stand on
 * this network; redirects are refused, so that nobody else chooses an address. No nonce: the signature under the stamp is
 * new each time, so an old answer cannot fit.
 */
export function timeStampAuthority({ url, fetch, timeoutMs = 5_000 }: AuthorityOptions): TimeStamper {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (address === undefined || !/^https?:$/.test(address.protocol) || address.username + address.password !== "")
    throw new InksealError("bad-request", "a time-stamping authority has an http or https address without a password");
  return {
    async stamp(data) {
      const response = await ask(address.href, await timeStampRequest(data), fetch, timeoutMs);
      const token = await Promise.resolve(response).then(tokenOfResponse).catch(invalid);
      const { code, detail } = await checkTimeStamp(token, data, []);
      if (code !== "timeStamp.untrusted")
        throw new InksealError("upstream-invalid", `the time-stamping authority's answer does not hold: ${code}: ${detail}`);
      return token;
    },
  };
}

/** TimeStampReq, 2.4.1: SHA-256 of `data`, certificates wanted. */
async function timeStampRequest(data: Uint8Array): Promise<Uint8Array> {
  const algorithm = der(derTag.sequence, derOid(oids.sha256), der(derTag.null));
  const imprint = der(derTag.sequence, algorithm, der(derTag.octetString, await digest(data)));
  return der(derTag.sequence, derInteger(1), imprint, der(derTag.boolean, Uint8Array.of(0xff)));
}

async function ask(url: string, body: Uint8Array, fetch: AuthorityOptions["fetch"], timeoutMs: number): Promise<Uint8Array> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const headers = { "content-type": "application/timestamp-query", accept: "application/timestamp-reply" };
    const answer = await fetch(url, { method: "POST", headers, body: body as BodyInit, redirect: "manual", signal });
    if (answer.status !== 200)
      throw new InksealError("upstream-error", `the time-stamping authority answered ${answer.status || "with a redirect"}`);
    return await bounded(answer);
  } catch (cause) {
    if (InksealError.is(cause)) throw cause;
    if (signal.aborted)
      throw new InksealError("upstream-timeout", `the time-stamping authority did not answer in ${timeoutMs} ms`, { cause });
    throw new InksealError("upstream-error", "the time-stamping authority cannot be reached", { cause });
  }
}

async function bounded(answer: Response): Promise<Uint8Array> {
  const reader = answer.body?.getReader();
  const parts: Uint8Array[] = [];
  for (let size = 0; ; ) {
    const part = await reader?.read();
    if (part === undefined || part.done) break;
    size += part.value.length;
    if (size > longest) {
      await reader?.cancel();
      throw new InksealError("upstream-invalid", `the time-stamping authority's answer is longer than ${longest} bytes`);
    }
    parts.push(part.value);
  }
  return concat(parts);
}

function invalid(cause: unknown): never {
  if (InksealError.is(cause) && cause.code === "upstream-rejected") throw cause;
  throw new InksealError("upstream-invalid", "the time-stamping authority's answer is no RFC 3161 response", { cause });
}
