import { InksealError } from "@inkseal/core";
import { z } from "zod";
import { errorFrom } from "./envelope.ts";
import { ChainEventJson, type ChainReport, RunEventJson } from "./schemas.ts";
import { readEvents } from "./sse.ts";
import { TrainingEventJson } from "./training-schemas.ts";
import { broken, parsed } from "./wire.ts";

/** What `client.create` yields; as the pipeline's own events, over the wire. `finished` or `failed` comes last. */
export type ClientEvent =
  | Exclude<RunEventJson, { type: "failed" }>
  | { readonly type: "failed"; readonly run: string; readonly error: InksealError };

const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: "custom", message: "not JSON" });
    return z.NEVER;
  }
});
const runEvent = json.pipe(RunEventJson);
const chainEvent = json.pipe(ChainEventJson);
const trainingEvent = json.pipe(TrainingEventJson);

/** The events of one run. Throws `unreachable` (with the run's id) when the stream breaks off before its last event. */
export async function* runEvents(response: Response, signal?: AbortSignal): AsyncGenerator<ClientEvent, void, undefined> {
  let run: string | undefined;
  try {
    if (response.body !== null) {
      for await (const { data } of readEvents(response.body)) {
        const event = parsed(runEvent, data);
        if ("run" in event) run = event.run;
        if (event.type === "failed") {
          yield { ...event, error: errorFrom({ error: event.error }, 500) };
          return;
        }
        yield event;
        if (event.type === "finished") return;
      }
    }
  } catch (thrown) {
    throw broken(thrown, signal, run);
  }
  throw new InksealError("unreachable", "the connection closed before the run had ended", { run });
}

/** What a training reports, until it is over. Throws `unreachable` when the connection breaks. */
export async function* trainingEvents(
  response: Response,
  signal?: AbortSignal,
): AsyncGenerator<TrainingEventJson, void, undefined> {
  try {
    if (response.body !== null) for await (const { data } of readEvents(response.body)) yield parsed(trainingEvent, data);
  } catch (thrown) {
    throw broken(thrown, signal);
  }
}

/** Reads a streamed chain check to its report. */
export async function chainReport(
  response: Response,
  onProgress: (done: number, total: number) => void,
  signal?: AbortSignal,
): Promise<ChainReport> {
  try {
    if (response.body !== null) {
      for await (const { data } of readEvents(response.body)) {
        const event = parsed(chainEvent, data);
        if (event.type === "progress") onProgress(event.done, event.total);
        else if (event.type === "report") return event.report;
        else throw errorFrom({ error: event.error }, 500);
      }
    }
  } catch (thrown) {
    throw broken(thrown, signal);
  }
  throw new InksealError("unreachable", "the connection closed before the check had ended");
}

/** JSON values of a body with one a line. */
export async function* jsonLines<T extends z.ZodType>(
  response: Response,
  schema: T,
  signal?: AbortSignal,
): AsyncGenerator<z.output<T>, void, undefined> {
  const line = json.pipe(schema as z.ZodType<z.output<T>, unknown>);
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  let rest = "";
  try {
    while (reader !== undefined) {
      const { done, value } = await reader.read();
      const lines = (rest + decoder.decode(value, { stream: !done })).split("\n");
      rest = done ? "" : (lines.pop() as string);
      for (const text of lines) if (text !== "") yield parsed(line, text);
      if (done) return;
    }
  } catch (thrown) {
    throw broken(thrown, signal);
  } finally {
    await reader?.cancel().catch(() => {}); // already broken: nothing to cancel
  }
}
