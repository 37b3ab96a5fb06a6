import type { InksealError } from "@inkseal/core";

const types: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  404: "invalid_request_error",
  413: "invalid_request_error",
  415: "invalid_request_error",
  422: "invalid_request_error",
  429: "rate_limit_error",
};

/** OpenAI's error envelope, with `run` and `next` (what to do) added. */
export function errorEnvelope(error: InksealError): { error: Record<string, unknown> } {
  const upstream = error.details.upstream;
  return {
    error: {
      message: error.message,
      type: types[error.status] ?? "api_error",
      param: error.details.param ?? null,
      code: error.code,
      run: error.details.run ?? null,
      next: error.next,
      ...(upstream && { upstream }),
    },
  };
}
