import {
  type Artifact,
  type Brief,
  type Chunk,
  type Cleared,
  InksealError,
  type LedgerRow,
  type RunEvent,
  type Usage,
} from "@inkseal/core";
import { create } from "@inkseal/pipeline";
import type { FastifyReply, FastifyRequest } from "fastify";
import { contextOf } from "../context.ts";
import type { House } from "../house.ts";
import type { RunsInFlight } from "../runs.ts";
import type { Telemetry } from "../telemetry.ts";
import type { Videos } from "./videos.ts";

export interface Deps {
  readonly house: House;
  readonly runs: RunsInFlight;
  readonly telemetry: Telemetry;
  readonly videos: Videos;
}

/** The events of a brief run on behalf of a request: cancelled when the client hangs up, counted, traced. */
export async function* runFor(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  brief: Brief,
): AsyncGenerator<RunEvent, void, undefined> {
  const flight = deps.runs.start(request.actor.id);
  const onClose = (): void => {
    if (!reply.raw.writableFinished) flight.abort();
  };
  reply.raw.once("close", onClose);
  const span = deps.telemetry.begin(brief);
  try {
    for await (const event of create(brief, contextOf(deps.house, request.actor, flight.signal))) {
      if (event.type === "started") flight.named(event.run);
      span.on(event);
      yield event;
    }
  } finally {
    reply.raw.off("close", onClose);
    span.end();
    flight.end();
  }
}

/** A run taken whole. Throws the error of a failed one. */
export interface Whole {
  readonly run: string;
  readonly engine: string;
  readonly model: string;
  readonly chunks: readonly Cleared<Chunk>[];
  readonly artifacts: readonly Artifact[];
  readonly row: LedgerRow;
  readonly usage: Usage;
}

export async function runWhole(deps: Deps, request: FastifyRequest, reply: FastifyReply, brief: Brief): Promise<Whole> {
  let started: { engine: string; model: string; warnings: readonly string[] } = { engine: "", model: "", warnings: [] };
  const chunks: Cleared<Chunk>[] = [];
  const artifacts: Artifact[] = [];
  for await (const event of runFor(deps, request, reply, brief)) {
    if (event.type === "started") started = event;
    else if (event.type === "delta") chunks.push(...event.chunks);
    else if (event.type === "artifact") artifacts.push(event.artifact);
    else if (event.type === "failed") throw event.error;
    else if (event.type === "finished") {
      setRunHeaders(reply, event.run, started.engine, started.model, [...started.warnings, ...(event.warnings ?? [])]);
      return {
        run: event.run,
        engine: started.engine,
        model: started.model,
        chunks,
        artifacts,
        row: event.row,
        usage: event.usage,
      };
    }
  }
  throw new InksealError("internal", "the run ended without a result");
}

/** Every answer names its run and says that it is generated (GB 45438 implicit label, in the header). */
export function runHeaders(run: string, engine: string, model: string, warnings: readonly string[]): Record<string, string> {
  return {
    "x-inkseal-run": run,
    "x-inkseal-engine": headerSafe(`${engine}/${model}`),
    "x-aigc": `{"Label":"1","ContentProducer":"INKSEAL","ProduceID":"${run}"}`,
    ...(warnings.length > 0 && { "x-inkseal-warnings": headerSafe(warnings.join("; ")) }),
  };
}

export function setRunHeaders(
  reply: FastifyReply,
  run: string,
  engine: string,
  model: string,
  warnings: readonly string[],
): void {
  reply.headers(runHeaders(run, engine, model, warnings));
}

const headerSafe = (text: string): string => text.replace(/[^\x20-\x7e]/g, "?").slice(0, 1024);
