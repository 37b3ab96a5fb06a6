import type { ChunkJson, DeliveredArtifact, RunEventJson, RunResult } from "@inkseal/client";
import { type Artifact, type Chunk, InksealError, idTime, type RunEvent } from "@inkseal/core";
import type { z } from "zod";
import type { House } from "../house.ts";
import { errorEnvelope } from "../v1/envelope.ts";

type Result = z.input<typeof RunResult>;

/** A run's event as it goes over the wire; undefined when nothing of it is for the caller. */
export async function eventJson(event: RunEvent, house: House): Promise<z.input<typeof RunEventJson> | undefined> {
  switch (event.type) {
    case "started":
      return { ...event, warnings: [...event.warnings] };
    case "delta": {
      const chunks = event.chunks.map(chunkJson).filter((c) => c !== undefined);
      return chunks.length > 0 ? { type: "delta", chunks } : undefined;
    }
    case "progress":
      return event;
    case "findings":
      return { type: "findings", findings: [...event.findings] };
    case "artifact":
      return { type: "artifact", artifact: await delivered(event.artifact, house) };
    case "finished":
      return {
        ...event,
        decision: { ...event.decision, findings: [...event.decision.findings] },
        warnings: event.warnings && [...event.warnings],
      };
    case "failed":
      return { type: "failed", run: event.run, error: errorEnvelope(event.error.withRun(event.run)).error as never };
  }
}

/** A chunk without the provider's own event; undefined when it was nothing else. */
function chunkJson(chunk: Chunk): z.input<typeof ChunkJson> | undefined {
  const { wire: _wire, media: _media, progress: _progress, toolCalls, vector, ...rest } = chunk;
  const json = { ...rest, toolCalls: toolCalls && [...toolCalls], vector: vector && [...vector] };
  return Object.entries(json).some(([name, value]) => name !== "index" && value !== undefined) ? json : undefined;
}

/** What the shelf says of the artifact; one that is not on the shelf comes with its bytes, or nobody could have them. */
async function delivered(artifact: Artifact, house: House): Promise<DeliveredArtifact> {
  // a shelf that does not answer now is no reason to keep back what is finished: then too the bytes go along
  const kept = await house.ledger.artifacts.info(artifact.id).catch(() => undefined);
  if (kept !== undefined) return kept;
  const { id, run, mediaType, bytes, sha256, marks } = artifact;
  const at = new Date(idTime(id)).toISOString();
  return { id, run, mediaType, size: bytes.length, sha256, marks: [...marks], at, data: Buffer.from(bytes).toString("base64") };
}

interface Choice {
  text: string;
  reasoning: string;
  refusal: string;
  finish?: string;
  vector?: number[];
  calls: { id?: string; name: string; arguments: string }[];
}

/** Takes a run whole. Throws the error of a failed one, with the run's id. */
export async function runResult(events: AsyncIterable<RunEvent>, house: House): Promise<Result> {
  let started = { engine: "", model: "", warnings: [] as readonly string[] };
  const choices: Choice[] = [];
  const artifacts: DeliveredArtifact[] = [];
  let json: unknown;
  for await (const event of events) {
    if (event.type === "started") started = event;
    else if (event.type === "delta") for (const chunk of event.chunks) json = gather(chunk, choices) ?? json;
    else if (event.type === "artifact") artifacts.push(await delivered(event.artifact, house));
    else if (event.type === "failed") throw event.error.withRun(event.run);
    else if (event.type === "finished") {
      const { engine, model, warnings } = started;
      const { run, row, usage, decision } = event;
      return {
        run,
        engine,
        model,
        ...words(choices),
        json,
        artifacts,
        row,
        usage,
        decision: { ...decision, findings: [...decision.findings] },
        warnings: [...warnings, ...(event.warnings ?? [])],
      };
    }
  }
  throw new InksealError("internal", "the run ended without a result");
}

/** Adds a chunk to its choice; returns its structured result, if it has one. */
function gather(chunk: Chunk, choices: Choice[]): unknown {
  const choice = (choices[chunk.index] ??= { text: "", reasoning: "", refusal: "", calls: [] });
  choice.text += chunk.text ?? "";
  choice.reasoning += chunk.reasoning ?? "";
  choice.refusal += chunk.refusal ?? "";
  choice.finish = chunk.finish ?? choice.finish;
  if (chunk.vector !== undefined) choice.vector = [...chunk.vector];
  for (const delta of chunk.toolCalls ?? []) {
    const call = (choice.calls[delta.call] ??= { name: "", arguments: "" });
    call.id = delta.id ?? call.id;
    call.name += delta.name ?? "";
    call.arguments += delta.arguments ?? "";
  }
  return chunk.json;
}

function words(choices: readonly (Choice | undefined)[]): Partial<Result> {
  const all = choices.filter((c) => c !== undefined);
  const [first] = all;
  if (first === undefined) return {};
  const vectors = all.map((c) => c.vector).filter((v) => v !== undefined);
  const calls = first.calls.filter((c) => c !== undefined);
  return {
    text: first.text || undefined,
    texts: all.length > 1 && vectors.length === 0 ? all.map((c) => c.text) : undefined,
    reasoning: first.reasoning || undefined,
    refusal: first.refusal || undefined,
    toolCalls: calls.length > 0 ? calls : undefined,
    vectors: vectors.length > 0 ? vectors : undefined,
    finish: first.finish,
  };
}
