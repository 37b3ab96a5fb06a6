import { z } from "zod";

/**
 * Wishes the output must meet. Engines read these; what an engine cannot honour becomes a warning of the plan,
 * never a silent loss. Ranges are the widest any known engine takes.
 */
export const Controls = z
  .object({
    temperature: z.number().min(0).max(2),
    topP: z.number().min(0).max(1),
    topK: z.int().min(0),
    minP: z.number().min(0).max(1),
    maxTokens: z.int().min(1),
    stop: z.array(z.string()).max(16),
    seed: z.int(),
    n: z.int().min(1).max(16),
    frequencyPenalty: z.number().min(-2).max(2),
    presencePenalty: z.number().min(-2).max(2),
    /** Hard: the output is JSON that validates against this JSON Schema; `true` means any JSON. */
    schema: z.union([z.literal(true), z.record(z.string(), z.unknown())]),
    /** Hard: the output is derived from this GBNF grammar. */
    grammar: z.string(),
    /** Tools in OpenAI's function form. */
    tools: z.array(z.record(z.string(), z.unknown())),
    toolChoice: z.unknown(),
    /** BCP 47 tag of the output. */
    language: z.string(),
    style: z.string(),
    /** Media type or short name of the file wanted: `audio/wav`, `png` … */
    format: z.string(),
    voice: z.string(),
    /** 1 is the voice's own pace. */
    speed: z.number().min(0.25).max(4),
    /** 1 is the voice's own pitch. */
    pitch: z.number().min(0.5).max(2),
    /** Pixels, `WIDTHxHEIGHT`. */
    size: z.string().regex(/^(auto|\d{1,5}x\d{1,5})$/),
    quality: z.string(),
    negative: z.string(),
    steps: z.int().min(1).max(500),
    guidance: z.number().min(0).max(50),
    dimensions: z.int().min(1),
    /** The model's own controls, by the names in its `ModelInfo.controls`. */
    own: z.record(z.string(), z.unknown()),
  })
  .partial();
export type Controls = z.infer<typeof Controls>;
