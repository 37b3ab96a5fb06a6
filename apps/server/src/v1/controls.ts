import { type Controls, InksealError } from "@inkseal/core";
import { z } from "zod";

type Params = Record<string, unknown>;

const number = (v: unknown): number | undefined => (typeof v === "number" && Number.isFinite(v) ? v : undefined);
const text = (v: unknown): string | undefined => (typeof v === "string" ? v : undefined);

/** Ours, beside OpenAI's parameters: the model's own controls; in a form, as JSON. */
export const OwnControls = z.union([z.record(z.string(), z.unknown()), z.string()]).optional();

/**
 * OpenAI's parameters as controls, for engines that do not speak OpenAI's dialect. Out-of-range values stay in
 * `wire.params` for the provider to judge and are left out here.
 */
export function controlsOf(p: Params, own?: z.infer<typeof OwnControls>): Controls {
  const controls: Controls = {
    temperature: number(p.temperature),
    topP: number(p.top_p),
    topK: number(p.top_k),
    minP: number(p.min_p),
    maxTokens: number(p.max_completion_tokens) ?? number(p.max_output_tokens) ?? number(p.max_tokens),
    stop:
      typeof p.stop === "string" ? [p.stop] : Array.isArray(p.stop) ? p.stop.filter((s) => typeof s === "string") : undefined,
    seed: number(p.seed),
    n: number(p.n),
    frequencyPenalty: number(p.frequency_penalty),
    presencePenalty: number(p.presence_penalty),
    schema: schemaOf(p.response_format) ?? schemaOf((p.text as Params | undefined)?.format),
    grammar: text(p.grammar),
    tools: Array.isArray(p.tools) ? (p.tools as Params[]) : undefined,
    toolChoice: p.tool_choice,
    language: text(p.language),
    style: text(p.style),
    voice: text(p.voice),
    speed: number(p.speed),
    size: text(p.size),
    quality: text(p.quality),
    negative: text(p.negative_prompt),
    steps: number(p.steps),
    guidance: number(p.guidance_scale),
    dimensions: number(p.dimensions),
    own: typeof own === "string" ? parsed(own) : own,
  };
  for (const key of Object.keys(controls) as (keyof Controls)[]) if (controls[key] === undefined) delete controls[key];
  return controls;
}

function parsed(own: string): Params {
  try {
    const value: unknown = JSON.parse(own);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Params;
  } catch {
    // told below
  }
  throw new InksealError("bad-request", "controls: a JSON object", { param: "controls" });
}

function schemaOf(format: unknown): Controls["schema"] {
  if (typeof format !== "object" || format === null) return undefined;
  const { type, json_schema, schema } = format as { type?: unknown; json_schema?: { schema?: Params }; schema?: Params };
  if (type === "json_object") return true;
  return type === "json_schema" ? (json_schema?.schema ?? schema ?? true) : undefined;
}
