import { type ErrorCode, errorTable, InksealError } from "@inkseal/core";
import { z } from "zod";

/** The body of every error answer: OpenAI's envelope, with the run's id and what to do next. */
export const ErrorBody = z.object({
  error: z.object({
    /** What happened, with limit and value. */
    message: z.string(),
    /** OpenAI's class of the error. */
    type: z.string(),
    /** A key of core's `errorTable`. */
    code: z.string(),
    /** The request's field at fault. */
    param: z.string().nullable(),
    /** Run id, where a run had begun. */
    run: z.string().nullable(),
    /** What to do, in one sentence. */
    next: z.string(),
  }),
});
export type ErrorBody = z.infer<typeof ErrorBody>;

/**
 * The InksealError of an answer's body; a stranger's body becomes the code that fits its status best.
 * @param retryAfter seconds, from the Retry-After header
 */
export function errorFrom(body: unknown, status: number, retryAfter?: number): InksealError {
  const parsed = ErrorBody.safeParse(body);
  if (!parsed.success)
    return new InksealError(codeOf(status), `the server answered ${status} without Inkseal's error envelope`);
  const { message, code, param, run } = parsed.data.error;
  return new InksealError(Object.hasOwn(errorTable, code) ? (code as ErrorCode) : codeOf(status), message, {
    param: param ?? undefined,
    run: run ?? undefined,
    retryAfter,
  });
}

const fallbackCodes: Readonly<Record<number, ErrorCode>> = {
  400: "bad-request",
  401: "unauthenticated",
  403: "forbidden",
  404: "not-found",
  409: "conflict",
  413: "too-large",
  415: "unsupported-media",
  429: "rate-limited",
  502: "unreachable",
  503: "overloaded",
  504: "unreachable",
};
const codeOf = (status: number): ErrorCode => fallbackCodes[status] ?? (status < 500 ? "bad-request" : "internal");
