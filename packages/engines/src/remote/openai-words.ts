import { type Chunk, InksealError } from "@inkseal/core";
import type { Answer } from "../transport.ts";
import { chunksOf } from "./chat-wire.ts";
import type { Body, Remote } from "./openai-remote.ts";
import { EventParser } from "./sse.ts";

type Batch = readonly Chunk[];

/** Providers that refused `stream_options`; asked once, they are not asked again. */
const refusing = new WeakSet<Remote>();

/**
 * Chat completions and completions, whole or streamed. `forward` gives chunks the provider's own events as `wire`.
 * Usage is asked for in streams even where the caller does not; that event then has no `wire`, so it is not passed on.
 */
export async function* words(
  remote: Remote,
  path: string,
  body: Body,
  forward: boolean,
  signal: AbortSignal,
  usageInStream: boolean,
): AsyncGenerator<Batch> {
  if (body.stream !== true) {
    yield wholeOf(remote, await (await remote.call("POST", path, body, signal)).text(), forward);
    return;
  }
  const options = body.stream_options as { include_usage?: boolean } | null | undefined;
  const askUsage = usageInStream && options?.include_usage !== true && !refusing.has(remote);
  let answer: Answer;
  try {
    const sent = askUsage ? { ...body, stream_options: { ...options, include_usage: true } } : body;
    answer = await remote.call("POST", path, sent, signal);
  } catch (error) {
    if (!askUsage || !refusesUsage(error)) throw error;
    refusing.add(remote);
    answer = await remote.call("POST", path, body, signal);
  }
  yield* events(remote, answer, forward, askUsage);
}

async function* events(remote: Remote, answer: Answer, forward: boolean, askUsage: boolean): AsyncGenerator<Batch> {
  const type = String(answer.headers["content-type"] ?? "no type");
  if (type.includes("json")) {
    // some servers do not stream what they can say at once; a body cannot be forwarded as an event
    yield wholeOf(remote, await answer.text(), false);
    return;
  }
  if (!type.includes("text/event-stream"))
    throw new InksealError("upstream-invalid", `${remote.name} answered a stream request with ${type.slice(0, 100)}`);
  const parser = new EventParser();
  let finished = false;
  for await (const bytes of answer.body) {
    const batch: Chunk[] = [];
    let done = false;
    for (const data of parser.push(bytes)) {
      if (data === "[DONE]") {
        done = true;
        break;
      }
      for (const chunk of chunksOf(data, forward, true)) {
        if (chunk.finish !== undefined) finished = true;
        batch.push(askUsage && isUsageOnly(chunk) ? { index: chunk.index, usage: chunk.usage } : chunk);
      }
    }
    if (done) answer.release?.(); // lets the connection live on: the end of the answer is a few bytes away
    if (batch.length > 0) yield batch;
    if (done) return;
  }
  parser.end();
  // some servers close after the finish without [DONE]; without either the answer was cut off
  if (!finished) throw new InksealError("upstream-invalid", `${remote.name} closed the stream before its end`);
}

function wholeOf(remote: Remote, text: string, forward: boolean): Batch {
  const chunks = chunksOf(text, forward, false);
  if (
    chunks.every((c) => c.finish === undefined && c.text === undefined && c.toolCalls === undefined && c.refusal === undefined)
  )
    throw new InksealError("upstream-invalid", `${remote.name} answered without any words`);
  // a whole answer is finished, also where a provider forgets to say why
  return chunks.map((c) => (c.finish === undefined ? { ...c, finish: "stop" } : c));
}

const isUsageOnly = (c: Chunk): boolean =>
  c.usage !== undefined && c.text === undefined && c.finish === undefined && c.toolCalls === undefined;

function refusesUsage(error: unknown): boolean {
  return (
    InksealError.is(error) &&
    error.code === "upstream-rejected" &&
    /stream_options|include_usage/.test(JSON.stringify(error.details.upstream?.body ?? ""))
  );
}
