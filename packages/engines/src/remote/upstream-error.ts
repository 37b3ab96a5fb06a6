import { type ErrorCode, InksealError } from "@inkseal/core";
import type { Answer } from "../transport.ts";

/** What a provider's refusal means to us, by HTTP status. */
function codeOf(status: number): ErrorCode {
  if (status === 429) return "upstream-rate-limited";
  if (status === 401 || status === 403) return "upstream-auth";
  if (status === 408 || status === 504) return "upstream-timeout";
  return status >= 400 && status < 500 ? "upstream-rejected" : "upstream-error";
}

/**
 * The provider's answer as an error: its own words in `details.upstream`, Retry-After in seconds. The key, should the
 * provider repeat it, is taken out.
 */
export async function upstreamError(engine: string, answer: Answer, apiKey?: string): Promise<InksealError> {
  const text = withoutKeys(await answer.text().catch(() => ""), apiKey);
  let body: unknown = text.slice(0, 2_000);
  try {
    body = JSON.parse(text);
  } catch {
    // some proxies answer in HTML or plain text
  }
  return refusal(engine, answer.status, body, answer.headers);
}

/** A provider's refusal as an error. `body`: what it said, parsed where it is JSON, without keys. */
export function refusal(engine: string, status: number, body: unknown, headers: Answer["headers"] = {}): InksealError {
  const said = (body as { error?: { message?: unknown } | string; message?: unknown } | null)?.error ?? body;
  const message = typeof said === "string" && said !== body ? said : (said as { message?: unknown } | null)?.message;
  return new InksealError(
    codeOf(status),
    `${engine} answered ${status}${typeof message === "string" ? `: ${message.slice(0, 500)}` : ""}`,
    { retryAfter: retryAfter(headers), upstream: { status, body } },
  );
}

/** The text without the key, and without what looks like one: providers quote wrong keys back, partly starred out. */
export function withoutKeys(text: string, apiKey?: string): string {
  const own = apiKey !== undefined && apiKey.length >= 8 ? text.replaceAll(apiKey, "[key]") : text;
  return own.replace(/\b(sk|gsk|key|AIza)-?[A-Za-z0-9_-]{0,40}(\*{3,}[\w-]*|[A-Za-z0-9_-]{24,})/g, "[key]");
}

/** Seconds. An HTTP date counts from the answer's own date, so no clock is needed. */
function retryAfter(headers: Answer["headers"]): number | undefined {
  const value = one(headers["retry-after"]);
  if (value === undefined) return undefined;
  const seconds = /^\s*\d+(\.\d+)?\s*$/.test(value)
    ? Number(value)
    : (Date.parse(value) - Date.parse(one(headers.date) ?? "")) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

const one = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? header[0] : header);
