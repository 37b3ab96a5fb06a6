import type { Chunk, ToolCallDelta } from "@inkseal/core";
import { cancelled } from "../remote/exchange.ts";

/** Characters that may wait for a slow reader before the model is held. */
const highWater = 16 * 1024;

/** Between a model that calls back and a reader that pulls: batches what waits, and holds the model when the reader is slow. */
export class Flow {
  #waiting: Chunk[] = [];
  #size = 0;
  #ended = false;
  #error: unknown;
  #left = false;
  #wake: () => void = () => undefined;
  #drained: (() => void) | undefined;

  push(chunk: Chunk): void {
    this.#waiting.push(chunk);
    this.#size += (chunk.text?.length ?? 0) + (chunk.reasoning?.length ?? 0) + (chunk.vector?.length ?? 0) + 16;
    this.#wake();
  }

  /** A promise to wait for before the model's next step, or nothing when it may go on. */
  hold(): Promise<void> | undefined {
    if (this.#left || this.#size < highWater) return undefined;
    return new Promise((resolve) => (this.#drained = resolve));
  }

  /** What `work` pushes, until it ends; its signal aborts when the reader leaves. Throws what `work` throws. */
  async *run(work: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): AsyncGenerator<readonly Chunk[]> {
    if (signal.aborted) throw cancelled(signal);
    const leave = new AbortController();
    const onAbort = (): void => {
      this.#error = cancelled(signal);
      leave.abort(this.#error);
      this.#wake();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    work(leave.signal).then(
      () => this.#end(undefined),
      (error: unknown) => this.#end(error),
    );
    try {
      for (;;) {
        if (this.#error !== undefined) throw this.#error;
        if (this.#waiting.length > 0) {
          const batch = this.#waiting;
          this.#waiting = [];
          this.#size = 0;
          this.#drained?.();
          yield batch;
        } else if (this.#ended) return;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      this.#left = true;
      signal.removeEventListener("abort", onAbort);
      leave.abort();
      this.#drained?.();
    }
  }

  #end(error: unknown): void {
    this.#ended = true;
    this.#error ??= error;
    this.#wake();
  }
}

/** The chunks of each choice joined to one, for readers who want the whole; they hear of the progress as it comes. */
export async function* whole(batches: AsyncIterable<readonly Chunk[]>): AsyncGenerator<readonly Chunk[]> {
  const choices = new Map<number, Chunk>();
  for await (const batch of batches) {
    for (const chunk of batch) {
      const { index, text, reasoning, toolCalls, progress, ...rest } = chunk;
      if (progress !== undefined) yield [{ index, progress }];
      const before = choices.get(index);
      choices.set(index, {
        ...before,
        ...rest,
        index,
        ...joined("text", before?.text, text),
        ...joined("reasoning", before?.reasoning, reasoning),
        ...((before?.toolCalls ?? toolCalls) && { toolCalls: joinedCalls(before?.toolCalls ?? [], toolCalls ?? []) }),
      });
    }
  }
  if (choices.size > 0) yield [...choices.values()];
}

const joined = (name: "text" | "reasoning", before: string | undefined, more: string | undefined): Partial<Chunk> =>
  before === undefined && more === undefined ? {} : { [name]: (before ?? "") + (more ?? "") };

function joinedCalls(before: readonly ToolCallDelta[], more: readonly ToolCallDelta[]): readonly ToolCallDelta[] {
  const calls = new Map(before.map((c) => [c.call, c]));
  for (const delta of more) {
    const call = calls.get(delta.call);
    calls.set(delta.call, { ...call, ...delta, arguments: (call?.arguments ?? "") + (delta.arguments ?? "") });
  }
  return [...calls.values()];
}
