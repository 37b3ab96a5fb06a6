import type { LookupFunction } from "node:net";
import { InksealError } from "@inkseal/core";
import { type Answer, type Call, type Transport, undiciTransport } from "../transport.ts";
import { assertPublicAddress, publicLookup } from "./public-address.ts";

export interface GuardedOptions {
  /** Resolves names; the system's resolver. For tests. */
  readonly lookup?: LookupFunction;
  /** Carries the checked call; one whose sockets only connect to public addresses. For tests. */
  readonly transport?: Transport & { close?(): Promise<void> };
  /** Of a whole answer; 32 MiB. */
  readonly maxBytes?: number;
}

const mostRedirects = 5;

/**
 * A transport for addresses that users name. It refuses (`forbidden`) what is not `http:` or `https:`, carries a
 * password, or is not on the public internet, be it by number, by name, by redirect or by a name that changes between
 * check and connection. Redirects of GETs are followed, at most five, without the headers when they leave the origin.
 * Answers longer than `maxBytes` are `too-large`.
 */
export function guardedTransport(options: GuardedOptions = {}): Transport & { close(): Promise<void> } {
  const { maxBytes = 32 * 1024 * 1024 } = options;
  const carry =
    options.transport ??
    undiciTransport({ connect: { timeout: 10_000, lookup: publicLookup(options.lookup) }, keepAliveTimeout: 1_000 });
  const send = async (call: Call): Promise<Answer> => {
    let { url, headers } = call;
    for (let hop = 0; hop <= mostRedirects; hop++) {
      const here = assertPublicUrl(url);
      const answer = await carry({ ...call, url, headers });
      const location = answer.headers.location;
      if (call.method !== "GET" || answer.status < 300 || answer.status > 399 || typeof location !== "string")
        return limited(answer, maxBytes);
      answer.release?.();
      const next = redirected(location, here);
      if (next.origin !== here.origin) headers = undefined;
      url = next.href;
    }
    throw new InksealError("forbidden", `the address redirects more than ${mostRedirects} times`);
  };
  return Object.assign(send, { close: async () => await carry.close?.() });
}

/** The URL, parsed. Throws `bad-request` for what is none and `forbidden` for what must not be fetched. */
export function assertPublicUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new InksealError("bad-request", "the address is not a URL");
  }
  if (url.protocol !== "https:" && url.protocol !== "http:")
    throw new InksealError("forbidden", `nothing is fetched from ${url.protocol} addresses`);
  if (url.username !== "" || url.password !== "")
    throw new InksealError("forbidden", "nothing is fetched from addresses that hold a password");
  // sockets look names up, but not numbers; URL has already made 0x7f.1 and 2130706433 into 127.0.0.1
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (/^[\d.]+$|:/.test(host)) assertPublicAddress(host);
  return url;
}

function limited(answer: Answer, maxBytes: number): Answer {
  const body = async function* (): AsyncGenerator<Uint8Array> {
    let size = 0;
    for await (const part of answer.body) {
      size += part.length;
      if (size > maxBytes) throw new InksealError("too-large", `the file at the address is longer than ${maxBytes} bytes`);
      yield part;
    }
  };
  return {
    status: answer.status,
    headers: answer.headers,
    body: { [Symbol.asyncIterator]: body },
    text: async () => {
      const parts: Uint8Array[] = [];
      for await (const part of body()) parts.push(part);
      return Buffer.concat(parts).toString("utf8");
    },
    release: () => answer.release?.(),
  };
}

function redirected(location: string, from: URL): URL {
  try {
    return new URL(location, from);
  } catch (cause) {
    throw new InksealError("upstream-invalid", "the address redirects to something that is not a URL", { cause });
  }
}
