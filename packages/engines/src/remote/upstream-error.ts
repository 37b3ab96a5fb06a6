import { type ErrorCode, InksealError } from "@inkseal/core";
import type { Answer } from "../transport.ts";

/** What a provider's refusal means to us, by HTTP status. */
function codeOf(status: number): ErrorCode {
  if (status === 429) return "upstream-rate-limited";
  if (status === 401 || status === 403) return "upstream-auth";
  if (status === 408 || status === 504) return "upstream-timeout";
  return status >= 400 && status < 500 ? "upstream-rejected" : "upstream-error";
}

/** The provider's answer as an error: its own words in `details.upstream`, Retry-After in seconds. */
export async function upstreamError(engine: string, answer: Answer): Promise<InksealError> {
  const text = await answer.text().catch(() => "");
  let body: unknown = text.slice(0, 2_000);
  try {
    body = JSON.parse(text);
  } catch {
    // some proxies answer in HTML or plain text
  }
  const said = (body as { error?: { message?: unknown } | string })?.error;
  const message = typeof said === "string" ? said : typeof said?.message === "string" ? said.message : undefined;
  return new InksealError(
    codeOf(answer.status),
    `${engine} answered ${answer.status}${message === undefined ? "" : `: ${message.slice(0, 500)}`}`,
    {
      retryAfter: retryAfter(answer.headers["retry-after"]),
      upstream: { status: answer.status, body },
    },
  );
}

/** Seconds; an HTTP date counts from nothing we can know without a clock, so it is left out. */
function retryAfter(header: string | string[] | undefined): number | undefined {
  const seconds = Number(Array.isArray(header) ? header[0] : header);
  return header !== undefined && Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}
