import { z } from "zod";
import { Controls } from "./controls.ts";
import { InksealError } from "./errors.ts";
import { Message } from "./message.ts";
import { Task } from "./modality.ts";

/** The wire dialects whose parameters and answers pass through unharmed. */
export const Dialect = z.enum([
  "openai.chat",
  "openai.responses",
  "openai.completions",
  "openai.embeddings",
  "openai.images",
  "openai.image-edits",
  "openai.speech",
  "openai.transcriptions",
  "openai.moderations",
]);
export type Dialect = z.infer<typeof Dialect>;

/** A file that comes with a brief. `bytes` were sniffed: `mediaType` is what they are, not what was claimed. */
export interface InputFile {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  /** What the file is for: `image`, `mask`, `audio`, `reference` … */
  readonly role?: string;
}

/**
 * What somebody asks for. Frozen; guard(in) makes a new one.
 *
 * `messages` for chat, `text` for everything else (prompt, words to speak, text to embed; `texts` when several).
 */
export const BriefSchema = z.object({
  kind: z.literal("brief").default("brief"),
  version: z.literal(1).default(1),
  task: Task,
  /** `engine/model`, a bare model name, or absent: plan chooses. */
  model: z.string().min(1).max(512).optional(),
  messages: z.array(Message).optional(),
  text: z.string().optional(),
  texts: z.array(z.string()).optional(),
  /** Text after the hole, for `infill`. */
  suffix: z.string().optional(),
  files: z.array(z.custom<InputFile>()).default([]),
  controls: Controls.default({}),
  /** Deliver piece by piece as the engine makes it. */
  stream: z.boolean().default(false),
  /** The caller's own parameters, verbatim, for engines that speak the same dialect. */
  wire: z.object({ dialect: Dialect, params: z.record(z.string(), z.unknown()) }).optional(),
  /** Models to try in order when the first fails. */
  fallbacks: z.array(z.string()).default([]),
  policy: z.string().optional(),
  profile: z.string().optional(),
  /** Store the finished piece on the shelf. Absent: files are kept, words are not. */
  keep: z.boolean().optional(),
  /** Milliseconds from start to last byte. */
  deadlineMs: z.int().min(1).optional(),
});
export type BriefInput = z.input<typeof BriefSchema>;
export type Brief = Readonly<z.infer<typeof BriefSchema>>;

/** A frozen, valid Brief. Throws `bad-request` naming the first field at fault. */
export function parseBrief(input: BriefInput): Brief {
  const parsed = BriefSchema.safeParse(input);
  if (parsed.success) return Object.freeze(parsed.data);
  const issue = parsed.error.issues[0];
  const param = issue?.path.join(".");
  throw new InksealError("bad-request", `${param || "brief"}: ${issue?.message ?? "not a brief"}`, { param });
}
