import { readFile, stat } from "node:fs/promises";
import type { TrainingJson } from "@inkseal/client";
import type { TrainEvent } from "@inkseal/lab";

/** What a log adds up to. */
export type LogSummary = Pick<TrainingJson, "outcome" | "step" | "steps" | "parameters" | "loss" | "heldOut" | "joules">;

/** Points of a curve that a reader gets of the past. */
const mostSteps = 1_500;

/** The events of log.jsonl. The last line of a killed process is none, and steps that were done again count as they were done last. */
export async function readLog(path: string): Promise<TrainEvent[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  const events: TrainEvent[] = [];
  for (const line of text.split("\n")) {
    let event: TrainEvent;
    try {
      event = JSON.parse(line) as TrainEvent;
    } catch {
      continue;
    }
    if (event.type === "start") while (events.length > 0 && events.at(-1)!.step > event.step) events.pop();
    events.push(event);
  }
  return events;
}

/** The log for a reader: every evaluation, and of the steps an even choice. */
export function thinned(events: readonly TrainEvent[]): TrainEvent[] {
  const every = Math.ceil(events.filter(({ type }) => type === "step").length / mostSteps);
  let n = 0;
  return events.filter((event, i) => event.type !== "step" || n++ % every === 0 || i === events.length - 1);
}

export function summaryOf(events: readonly TrainEvent[]): LogSummary {
  let summary: LogSummary = { step: 0, steps: 0, joules: 0 };
  for (const event of events) {
    if (event.type === "start")
      summary = { ...summary, outcome: "interrupted", step: event.step, steps: event.steps, parameters: event.parameters };
    else if (event.type === "end") summary = { ...summary, outcome: event.reason, step: event.step };
    else summary = { ...summary, step: event.step };
    if ("joules" in event && Number.isFinite(event.joules)) summary.joules = Math.max(summary.joules, event.joules);
    if (event.type === "step" && Number.isFinite(event.loss)) summary.loss = event.loss;
    if (event.type === "evaluation" && Number.isFinite(event.loss))
      summary.heldOut = Math.min(event.loss, summary.heldOut ?? Number.POSITIVE_INFINITY);
  }
  return summary;
}

/** Summaries of logs, read anew when a log has grown. */
export class LogSummaries {
  readonly #known = new Map<string, { readonly stamp: string; readonly at: string; readonly summary: LogSummary }>();

  async of(path: string): Promise<{ readonly at?: string; readonly summary: LogSummary }> {
    const info = await stat(path).catch(() => undefined);
    if (info === undefined) return { summary: summaryOf([]) };
    const stamp = `${info.size}:${info.mtimeMs}`;
    let known = this.#known.get(path);
    if (known?.stamp !== stamp) {
      known = { stamp, at: info.mtime.toISOString(), summary: summaryOf(await readLog(path)) };
      this.#known.set(path, known);
    }
    return known;
  }
}
