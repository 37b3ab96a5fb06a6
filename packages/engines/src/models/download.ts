import { setTimeout as sleep } from "node:timers/promises";
import { InksealError } from "@inkseal/core";
import { refusal } from "../remote/upstream-error.ts";
import type { Answer, Transport } from "../transport.ts";
import { follow } from "./follow.ts";
import { Part, type PartState } from "./part.ts";
import { needRoom } from "./room.ts";

export interface Wanted {
  readonly url: string;
  /** Where the file shall lie. */
  readonly path: string;
  /** For the first address's origin. */
  readonly token?: string | undefined;
  readonly bytes?: number | undefined;
  readonly sha256?: string | undefined;
  /** Entity tag of the file that lies there already, for `unchanged`. */
  readonly etag?: string | undefined;
  /** Looks at the whole part before it becomes the file; the part goes when it throws. */
  readonly check?: (part: string) => Promise<unknown>;
}
export interface Download {
  readonly transport: Transport;
  readonly signal: AbortSignal;
  /** Waits; tests need not. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}
export type DownloadEvent =
  | { readonly type: "bytes"; readonly bytes: number; readonly total: number | undefined }
  | { readonly type: "retry"; readonly why: string; readonly waitMs: number };
export interface Downloaded {
  readonly unchanged: boolean;
  readonly bytes: number;
  readonly sha256: string | undefined;
  readonly etag: string | undefined;
}

/** Failures in a row without a mebibyte of progress. */
const mostFailures = 6;
const progress = 1024 * 1024;
/** Milliseconds that a server may ask for. */
export const longestWait = 120_000;

/** No other attempt would end differently. */
class Final extends InksealError {}

/**
 * One file from a server to the disk. Interrupted, it resumes where it was (RFC 9110, Range and If-Range) or, when the
 * server cannot or the file has changed, from the start; network errors, 429 and 5xx are tried again with growing pauses.
 * Throws `upstream-invalid` (wrong checksum or size; the part is deleted), `not-found`, `upstream-*`, `disk-full`,
 * `cancelled` (the part is kept).
 */
export async function* download(wanted: Wanted, io: Download): AsyncGenerator<DownloadEvent, Downloaded, undefined> {
  const { transport, signal, pause = wait } = io;
  const { url, path, bytes: size, sha256 } = wanted;
  const fresh: PartState = { url, ...(size !== undefined && { size }), ...(sha256 !== undefined && { sha256 }) };
  const part = await Part.open(path, fresh, signal);
  let open = true;
  try {
    let failures = 0;
    let best = part.bytes;
    for (;;) {
      try {
        if (part.bytes > 0 && part.bytes === part.state.size) break; // it was whole, and stopped before its name was given
        const answer = await follow(transport, { url, token: wanted.token, signal, headers: headersFor(part, wanted) });
        if (answer.status === 304) {
          answer.release?.();
          open = false;
          await part.discard();
          return { unchanged: true, bytes: size ?? 0, sha256: undefined, etag: wanted.etag };
        }
        if (!(await place(answer, part, fresh, wanted))) continue;
        const total = part.state.size;
        yield { type: "bytes", bytes: part.bytes, total };
        for await (const chunk of answer.body) {
          if (total !== undefined && part.bytes + chunk.length > total)
            throw new Final("upstream-invalid", `${new URL(url).host} sends more than the ${total} bytes that it announced`);
          await part.append(chunk);
          yield { type: "bytes", bytes: part.bytes, total };
        }
        if (total !== undefined && part.bytes < total)
          throw new InksealError("upstream-invalid", `the answer ended after ${part.bytes} of ${total} bytes`);
        break;
      } catch (thrown) {
        if (thrown instanceof Final || !InksealError.is(thrown) || !thrown.retryable || signal.aborted) throw thrown;
        if (part.bytes >= best + progress) failures = 0;
        best = Math.max(best, part.bytes);
        failures++;
        const asked = (thrown.details.retryAfter ?? 0) * 1000;
        if (failures >= mostFailures || asked > longestWait) throw thrown;
        const waitMs = Math.max(asked, 500 * 2 ** failures);
        yield { type: "retry", why: thrown.message, waitMs };
        await pause(waitMs, signal);
      }
    }
    const got = part.sha256();
    try {
      if (sha256 !== undefined && got !== sha256)
        throw new InksealError(
          "upstream-invalid",
          `the checksum is wrong: sha256 ${sha256} was expected and ${got} came; it was deleted`,
        );
      await wanted.check?.(`${path}.part`);
    } catch (error) {
      open = false;
      await part.discard();
      throw error;
    }
    await part.finish().finally(() => (open = false));
    return { unchanged: false, bytes: part.bytes, sha256: got, etag: part.state.etag };
  } finally {
    if (open) await (part.bytes === 0 ? part.discard() : part.close());
  }
}

function headersFor(part: Part, { etag }: Wanted): Record<string, string> {
  if (part.bytes === 0) return etag === undefined ? {} : { "if-none-match": etag };
  return { range: `bytes=${part.bytes}-`, ...(part.state.etag && { "if-range": part.state.etag }) };
}

/**
 * Makes the part ready for an answer's body: goes on, or starts again. False when it has to be asked anew. Throws for
 * answers without one, `disk-full`, and for a size other than what the hub said.
 */
async function place(answer: Answer, part: Part, fresh: PartState, { url, path }: Wanted): Promise<boolean> {
  const { status, headers } = answer;
  const { host } = new URL(url);
  const etag = strong(one(headers.etag));
  const anew = async (): Promise<false> => {
    answer.release?.();
    if (part.bytes === 0) throw new Final("upstream-invalid", `${host} answers ${status} to a request for the whole file`);
    await part.restart(fresh);
    return false;
  };
  if (status === 416) return anew();
  if (status === 206) {
    const [, from, size] = /^bytes (\d+)-\d+\/(\d+)$/.exec(one(headers["content-range"]) ?? "") ?? [];
    const other = part.state.etag !== undefined && etag !== undefined && etag !== part.state.etag;
    const known = part.state.size;
    if (Number(from) !== part.bytes || other || (known !== undefined && Number(size) !== known)) return anew();
    part.state = { ...part.state, size: Number(size) };
    await needRoom(path, Number(size) - part.bytes);
    return true;
  }
  if (status !== 200) {
    answer.release?.();
    throw refused(host, answer);
  }
  if ((one(headers["content-encoding"]) ?? "identity") !== "identity")
    throw new Final("upstream-invalid", `${host} sends the file compressed, so it could not be resumed or measured`);
  const length = one(headers["content-length"]);
  const size = length === undefined ? fresh.size : Number(length);
  if (fresh.size !== undefined && size !== fresh.size)
    throw new Final("upstream-invalid", `${host} has a file of ${size} bytes where ${fresh.size} were expected`);
  await needRoom(path, size ?? 0);
  await part.restart({ ...fresh, ...(size !== undefined && { size }), ...(etag !== undefined && { etag }) });
  return true;
}

function refused(host: string, { status, headers }: Answer): InksealError {
  if (status === 404 || status === 410) return new Final("not-found", `${host} has no such file (${status})`);
  if (status === 401 || status === 403)
    return new Final(
      "upstream-auth",
      `${host} does not give the file to everyone (${status}); a hub's token goes into HF_TOKEN`,
    );
  return refusal(host, status, undefined, headers);
}

/** A weak tag promises no equal bytes (RFC 9110, 8.8.3). */
const strong = (etag: string | undefined): string | undefined => (etag?.startsWith('"') ? etag : undefined);
const one = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? header[0] : header);

export async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal });
}
