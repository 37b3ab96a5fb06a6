import { InksealError } from "@inkseal/core";
import type { Answer, Transport } from "../transport.ts";
import { isLoopback, isSafe } from "./loopback.ts";

export interface Request {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent to the first address's origin only, and never again once a redirect has left it. */
  readonly token?: string | undefined;
  readonly signal: AbortSignal;
}
const mostHops = 5;
/** Milliseconds without a byte. */
const idleMs = 60_000;

/**
 * GET through at most five redirects. From `https:` they lead to `https:` only; from this machine also to itself.
 * Throws `upstream-invalid` for any other redirect, and what the transport throws.
 */
export async function follow(transport: Transport, { url, headers, token, signal }: Request): Promise<Answer> {
  const start = new URL(url);
  let at = start;
  let home = true;
  for (let hops = 0; ; hops++) {
    const answer = await transport({
      method: "GET",
      url: at.href,
      headers: {
        "accept-encoding": "identity",
        "user-agent": "inkseal",
        ...headers,
        ...(home && token && { authorization: `Bearer ${token}` }),
      },
      signal,
      idleMs,
    }).catch((error) => {
      throw named(error, at.host);
    });
    if (![301, 302, 303, 307, 308].includes(answer.status)) return answer;
    answer.release?.();
    const location = answer.headers.location;
    if (typeof location !== "string" || !URL.canParse(location, at)) throw lost(at, "to nowhere");
    if (hops === mostHops) throw lost(start, `more than ${mostHops} times`);
    const next = new URL(location, at);
    const allowed = next.protocol === "https:" || (isSafe(next) && start.protocol === "http:" && isLoopback(start));
    if (!allowed) throw lost(at, `to ${next.protocol}//${next.host}, which is not https:`);
    home &&= next.origin === start.origin;
    at = next;
  }
}

/** The transport speaks of providers; here it is a host that people have to know by name. */
function named(error: unknown, host: string): unknown {
  if (!InksealError.is(error) || !error.message.startsWith("the provider ")) return error;
  return new InksealError(error.code, error.message.replace("the provider", host), error.details);
}

const lost = (from: URL, why: string): InksealError => new InksealError("upstream-invalid", `${from.host} redirects ${why}`);
