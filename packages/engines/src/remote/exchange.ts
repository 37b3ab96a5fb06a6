import { isUtf8 } from "node:buffer";
import { InksealError } from "@inkseal/core";
import { type Dispatcher, errors } from "undici";
import type { Answer, Call } from "../transport.ts";

/** Bytes that may wait for a slow reader before its socket is paused. */
const highWater = 64 * 1024;
/** What may still come after `release` before the connection is given up. */
const releaseBytes = 64 * 1024;
const releaseMs = 1_000;

interface Pending<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: InksealError) => void;
}
type Read = IteratorResult<Uint8Array, undefined>;
const over: Read = { done: true, value: undefined };

/** One request and its answer, straight on undici's dispatcher: no stream objects between the socket and the reader. */
export class Exchange implements Dispatcher.DispatchHandler, Answer {
  status = 0;
  headers: Answer["headers"] = {};
  readonly #signal: AbortSignal | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #answered: Pending<Answer> | undefined;
  #reader: Pending<Read> | undefined;
  #queue: Uint8Array[] = [];
  #queued = 0;
  #ended = false;
  #error: InksealError | undefined;
  /** Bytes still taken after `release`; undefined before. */
  #allowance: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  send(dispatcher: Dispatcher, { method, url, headers, body, idleMs = 120_000 }: Call): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#answered = { resolve, reject };
      if (this.#signal?.aborted) return this.#abort();
      this.#signal?.addEventListener("abort", this.#abort, { once: true });
      try {
        dispatcher.dispatch(
          {
            ...addressOf(url),
            method,
            headers,
            body: body as Dispatcher.DispatchOptions["body"],
            headersTimeout: idleMs,
            bodyTimeout: idleMs,
          },
          this,
        );
      } catch (cause) {
        this.#fail(cause);
      }
    });
  }

  readonly body: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: () => this.#read(),
      return: () => {
        if (!this.#ended && this.#allowance === undefined)
          this.#stop(new InksealError("cancelled", "the answer was not read to its end"));
        return Promise.resolve(over);
      },
    }),
  };

  async text(): Promise<string> {
    const parts: Uint8Array[] = [];
    for (let read = await this.#read(); !read.done; read = await this.#read()) parts.push(read.value);
    const whole = parts.length === 1 ? asBuffer(parts[0] as Uint8Array) : Buffer.concat(parts);
    if (!isUtf8(whole)) throw new InksealError("upstream-invalid", "the provider's answer is not UTF-8");
    const text = whole.toString("utf8");
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }

  release(): void {
    if (this.#ended || this.#allowance !== undefined) return;
    this.#queue = [];
    this.#allowance = releaseBytes;
    this.#timer = setTimeout(() => this.#stop(new InksealError("cancelled", "the answer did not end")), releaseMs);
    this.#timer.unref();
    this.#resume();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#error !== undefined) controller.abort(this.#error);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Answer["headers"]): void {
    if (status < 200) return; // 100 Continue, 103 Early Hints
    this.status = status;
    this.headers = headers;
    this.#answered?.resolve(this);
    this.#answered = undefined;
  }

  onResponseData(controller: Dispatcher.DispatchController, bytes: Buffer): void {
    if (this.#allowance !== undefined) {
      this.#allowance -= bytes.length;
      if (this.#allowance < 0) this.#stop(new InksealError("cancelled", "the answer did not end"));
    } else if (this.#reader !== undefined) {
      const { resolve } = this.#reader;
      this.#reader = undefined;
      resolve({ done: false, value: bytes });
    } else {
      this.#queue.push(bytes);
      this.#queued += bytes.length;
      if (this.#queued > highWater) controller.pause();
    }
  }

  onResponseEnd(): void {
    this.#settle();
    this.#reader?.resolve(over);
    this.#reader = undefined;
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  #read(): Promise<Read> {
    if (this.#queue.length > 0) {
      // all that came while nobody read, as one: a promise for each small piece costs more than the copy
      const value = this.#queue.length === 1 ? (this.#queue[0] as Uint8Array) : Buffer.concat(this.#queue, this.#queued);
      this.#queue = [];
      this.#queued = 0;
      this.#resume();
      return Promise.resolve({ done: false, value });
    }
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#ended) return Promise.resolve(over);
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  #resume(): void {
    if (this.#controller?.paused) this.#controller.resume();
  }

  readonly #abort = (): void => this.#stop(cancelled(this.#signal));

  /** Ends it from our side; the socket is destroyed at once. */
  #stop(error: InksealError): void {
    this.#queue = [];
    this.#fail(error);
    this.#controller?.abort(error);
  }

  #fail(cause: unknown): void {
    if (this.#ended) return;
    this.#settle();
    this.#error = transportError(cause);
    (this.#answered ?? this.#reader)?.reject(this.#error);
    this.#answered = undefined;
    this.#reader = undefined;
  }

  #settle(): void {
    this.#ended = true;
    this.#signal?.removeEventListener("abort", this.#abort);
    clearTimeout(this.#timer);
  }
}

/** Addresses already parsed: a provider has few, and each is asked for again and again. */
const addresses = new Map<string, { readonly origin: string; readonly path: string }>();

function addressOf(url: string): { readonly origin: string; readonly path: string } {
  const known = addresses.get(url);
  if (known !== undefined) return known;
  const { origin, pathname, search } = new URL(url);
  const address = { origin, path: pathname + search };
  if (url.length < 256 && addresses.size < 256) addresses.set(url, address);
  return address;
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** An abort as an error: the signal's own reason when it is one of ours (a deadline), `cancelled` otherwise. */
export function cancelled(signal: AbortSignal | undefined): InksealError {
  const reason: unknown = signal?.reason;
  return InksealError.is(reason) ? reason : new InksealError("cancelled", "the run was cancelled", { cause: reason });
}

function transportError(cause: unknown): InksealError {
  if (InksealError.is(cause)) return cause;
  if (
    cause instanceof errors.HeadersTimeoutError ||
    cause instanceof errors.BodyTimeoutError ||
    cause instanceof errors.ConnectTimeoutError
  )
    return new InksealError("upstream-timeout", "the provider stalled", { cause });
  if (
    cause instanceof errors.SocketError ||
    cause instanceof errors.ResponseContentLengthMismatchError ||
    cause instanceof errors.HTTPParserError
  )
    return new InksealError("upstream-invalid", "the provider closed the connection before its answer was whole", { cause });
  const code = (cause as { code?: string }).code ?? "";
  return new InksealError("upstream-error", `the provider cannot be reached${code === "" ? "" : ` (${code})`}`, { cause });
}
