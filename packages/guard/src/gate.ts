import type { Chunk, Cleared, Decision, Finding, MediaPart, Policy, ToolCallDelta } from "@inkseal/core";
import { clear } from "./cleared.ts";
import type { Gate } from "./contract.ts";
import { Judge } from "./judge.ts";
import type { MediaCheck } from "./media.ts";
import type { Scanner } from "./scanner.ts";
import { Piece, Stream } from "./stream.ts";
import { Walker } from "./walk.ts";

/** Kinds of stream: 0 text, 1 reasoning, 2 refusal, from 3 up the tool calls. */
const TEXT = 0;
const CALLS = 3;
const fields = ["text", "reasoning", "refusal"] as const;
/**
 * A chunk of which only the tail waits goes out in two when at least this many characters of it are free; a shorter
 * one waits whole, for its next: then it leaves as the very object that came, and nobody writes its JSON anew.
 */
const WORTH_SPLITTING = 16;

/** A chunk some of whose texts wait. */
interface Slot {
  readonly chunk: Chunk;
  /** One for each text: which stream, which piece, which tool call of the chunk. */
  readonly parts: { readonly kind: number; readonly piece: Piece<Slot>; readonly call: number }[];
  open: number;
}

/** Guards the output of one run. See {@link Gate}. */
export class OutputGate implements Gate {
  readonly #scanner: Scanner;
  readonly #judge: Judge;
  readonly #checkMedia: MediaCheck;
  /** By choice, then by kind: text, reasoning, refusal, tool calls from {@link CALLS} up. */
  readonly #choices = new Map<number, Map<number, Stream<Slot>>>();

  constructor(scanner: Scanner, policy: Policy, checkMedia: MediaCheck) {
    this.#scanner = scanner;
    this.#judge = new Judge(policy, "out");
    this.#checkMedia = checkMedia;
    if (scanner.size === 0) this.#judge.fault("there are no text detectors");
  }

  push(chunks: readonly Chunk[]): readonly Cleared<Chunk>[] {
    const out: Cleared<Chunk>[] = [];
    for (const chunk of chunks) {
      if (this.#judge.stopped) return [];
      try {
        this.#one(chunk, out);
      } catch {
        this.#judge.fault("the gate failed");
      }
    }
    return this.#judge.stopped ? [] : out;
  }

  end(): readonly Cleared<Chunk>[] {
    const out: Cleared<Chunk>[] = [];
    if (this.#judge.stopped) return out;
    for (const index of [...this.#choices.keys()]) this.#flush(index, out);
    return this.#judge.stopped ? [] : out;
  }

  async media(part: MediaPart, signal?: AbortSignal): Promise<Cleared<MediaPart> | undefined> {
    if (this.#judge.stopped) return undefined;
    const checked = await this.#checkMedia(part, this.#judge, signal);
    return this.#judge.stopped ? undefined : clear(checked);
  }

  drain(): readonly Finding[] {
    return this.#judge.drain();
  }

  decision(): Decision {
    return this.#judge.decision();
  }

  #one(came: Chunk, out: Cleared<Chunk>[]): void {
    // bytes are for media(), which waits for whole files; here they cannot be checked and do not pass
    const chunk = this.#besides(came.media === undefined ? came : { ...came, media: undefined });
    const { text } = chunk;
    const last = chunk.finish !== undefined || endsPart(chunk);
    const onlyText = !chunk.reasoning && !chunk.refusal && chunk.toolCalls === undefined && !last;
    if (onlyText && (!text || this.#stream(chunk.index, TEXT).passes(text))) {
      if (!isBlank(chunk)) out.push(clear(chunk));
      return;
    }
    const slot: Slot = { chunk, parts: [], open: 1 };
    for (let kind = TEXT; kind < CALLS; kind++) this.#enter(slot, kind, chunk[fields[kind] as "text"], 0, out);
    if (chunk.toolCalls !== undefined)
      for (const [i, delta] of chunk.toolCalls.entries()) this.#enter(slot, CALLS + delta.call, delta.arguments, i, out);
    if (last) this.#flush(chunk.index, out);
    this.#close(slot, out);
    this.#splitIfLong(slot, out);
  }

  #enter(slot: Slot, kind: number, text: string | undefined, call: number, out: Cleared<Chunk>[]): void {
    if (!text) return;
    const piece = new Piece(slot, text);
    slot.parts.push({ kind, piece, call });
    slot.open++;
    this.#settled(this.#stream(slot.chunk.index, kind).push(piece), out);
  }

  #settled(pieces: readonly Piece<Slot>[], out: Cleared<Chunk>[]): void {
    for (const piece of pieces) this.#close(piece.owner, out);
  }

  #close(slot: Slot, out: Cleared<Chunk>[]): void {
    if (--slot.open > 0) return;
    const chunk = rebuilt(slot);
    if (chunk !== undefined) out.push(clear(chunk));
  }

  #flush(index: number, out: Cleared<Chunk>[]): void {
    for (const stream of this.#choices.get(index)?.values() ?? []) this.#settled(stream.end(), out);
  }

  /** Lets the free head of a long chunk of plain text go. */
  #splitIfLong(slot: Slot, out: Cleared<Chunk>[]): void {
    const part = slot.parts[0];
    if (slot.open !== 1 || slot.parts.length !== 1 || part === undefined || part.kind >= CALLS) return;
    const { piece } = part;
    if (piece.done || piece.settled < WORTH_SPLITTING || piece.out.length < WORTH_SPLITTING || !isPlain(slot.chunk, part.kind))
      return;
    out.push(clear(withTexts(slot)));
    piece.cut();
  }

  #stream(index: number, kind: number): Stream<Slot> {
    let streams = this.#choices.get(index);
    if (streams === undefined) this.#choices.set(index, (streams = new Map()));
    let stream = streams.get(kind);
    if (stream === undefined) streams.set(kind, (stream = new Stream(this.#scanner, this.#judge, kind >= CALLS)));
    return stream;
  }

  /**
   * The chunk with all guarded that is not text of its streams: structured results, and what the provider's own event
   * says besides. Deltas carry their words once; events without words, whole bodies and last events may repeat them.
   */
  #besides(chunk: Chunk): Chunk {
    const { json, wire } = chunk;
    let next = chunk;
    if (json !== undefined) {
      const masked = new Walker(this.#scanner, this.#judge).value(json);
      if (masked !== json) next = { ...next, json: masked };
    }
    if (
      wire !== undefined &&
      (chunk.finish !== undefined || json !== undefined || !hasWords(chunk) || severalChoices(wire.json))
    ) {
      const walker = new Walker(this.#scanner, this.#judge);
      for (const field of fields) walker.reportedElsewhere(chunk[field]);
      for (const call of chunk.toolCalls ?? []) walker.reportedElsewhere(call.arguments, true);
      const masked = walker.value(wire.json);
      if (masked !== wire.json) next = { ...next, wire: { json: masked } };
    }
    return next === chunk || next.wire === undefined ? next : { ...next, wire: { json: next.wire.json } };
  }
}

/** What is left of a chunk once all its texts are settled: itself, a copy with other words, or nothing. */
function rebuilt(slot: Slot): Chunk | undefined {
  if (slot.parts.every(({ piece }) => piece.untouched)) return slot.chunk;
  const gone = slot.parts.every(({ piece }) => piece.out === "");
  if (gone && slot.parts.every(({ kind }) => isPlain(slot.chunk, kind)) && slot.parts.length === 1) return undefined;
  return withTexts(slot);
}

/** A copy with the settled words; its provider's event only as a value, for the words in it are the old ones. */
function withTexts({ chunk, parts }: Slot): Chunk {
  const next: { -readonly [K in keyof Chunk]: Chunk[K] } = { ...chunk };
  for (const { kind, piece, call } of parts) {
    if (kind < CALLS) next[fields[kind] as "text"] = piece.out;
    else {
      const calls: ToolCallDelta[] = [...(next.toolCalls ?? [])];
      calls[call] = { ...(calls[call] as ToolCallDelta), arguments: piece.out };
      next.toolCalls = calls;
    }
  }
  if (chunk.wire !== undefined) next.wire = { json: chunk.wire.json };
  return next;
}

/** Only one text and the event it came in. */
function isPlain(chunk: Chunk, kind: number): boolean {
  for (const key of Object.keys(chunk) as (keyof Chunk)[])
    if (key !== "index" && key !== "wire" && key !== fields[kind] && chunk[key] !== undefined) return false;
  return true;
}

const isBlank = (chunk: Chunk): boolean =>
  Object.keys(chunk).every((k) => k === "index" || chunk[k as keyof Chunk] === undefined);

const hasWords = (chunk: Chunk): boolean =>
  Boolean(chunk.text || chunk.reasoning || chunk.refusal) || chunk.toolCalls !== undefined;

const severalChoices = (json: unknown): boolean => {
  const choices = (json as { readonly choices?: unknown } | null)?.choices;
  return Array.isArray(choices) && choices.length > 1;
};

/** Events of the Responses API that say a text is over: `response.output_text.done` and its like. */
function endsPart({ wire, text, toolCalls }: Chunk): boolean {
  const type = (wire?.json as { readonly type?: unknown } | null | undefined)?.type;
  return !text && toolCalls === undefined && typeof type === "string" && type.endsWith(".done");
}
