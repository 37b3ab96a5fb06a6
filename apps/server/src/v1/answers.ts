import { z } from "zod";

/**
 * OpenAI's answers, for the OpenAPI document only: what a provider said passes as it came, so nothing here is ever
 * parsed or stripped on the way. Loose: members that a provider adds are allowed.
 * @see https://platform.openai.com/docs/api-reference
 */
const usage = z.looseObject({ prompt_tokens: z.int(), completion_tokens: z.int(), total_tokens: z.int() });
const toolCall = z.looseObject({
  id: z.string(),
  type: z.literal("function"),
  function: z.looseObject({ name: z.string(), arguments: z.string() }),
});
const message = z.looseObject({
  role: z.literal("assistant"),
  content: z.string().nullable(),
  refusal: z.string().nullish(),
  reasoning_content: z.string().optional(),
  tool_calls: z.array(toolCall).optional(),
});
const completionOf = <T extends z.ZodType>(object: string, choice: T) =>
  z.looseObject({
    id: z.string(),
    object: z.literal(object),
    created: z.int(),
    model: z.string(),
    choices: z.array(choice),
    usage: usage.nullish(),
  });
const indexed = { index: z.int(), finish_reason: z.string().nullish(), logprobs: z.unknown().optional() };

export const ChatCompletion = completionOf("chat.completion", z.looseObject({ ...indexed, message }));
export const ChatCompletionChunk = completionOf(
  "chat.completion.chunk",
  z.looseObject({ ...indexed, delta: message.partial() }),
);
export const Completion = completionOf("text_completion", z.looseObject({ ...indexed, text: z.string() }));
export const Response = z.looseObject({
  id: z.string(),
  object: z.literal("response"),
  created_at: z.number(),
  status: z.string(),
  model: z.string(),
  output: z.array(z.looseObject({ type: z.string() })),
  usage: z.looseObject({ input_tokens: z.int(), output_tokens: z.int(), total_tokens: z.int() }).nullish(),
});
export const ResponseEvent = z.looseObject({ type: z.string(), sequence_number: z.int().optional() });
export const Embeddings = z.looseObject({
  object: z.literal("list"),
  model: z.string(),
  data: z.array(
    z.looseObject({
      object: z.literal("embedding"),
      index: z.int(),
      /** Base64 of little-endian floats where `encoding_format` asks for it. */
      embedding: z.union([z.array(z.number()), z.string()]),
    }),
  ),
});
export const Images = z.looseObject({
  created: z.int(),
  data: z.array(z.looseObject({ b64_json: z.string().optional(), url: z.string().optional() })),
});
export const Transcription = z.looseObject({ text: z.string() });
export const Moderations = z.looseObject({
  id: z.string(),
  model: z.string(),
  results: z.array(
    z.looseObject({
      flagged: z.boolean(),
      categories: z.record(z.string(), z.boolean()),
      category_scores: z.record(z.string(), z.number()),
    }),
  ),
});
export const ModelObject = z.looseObject({
  id: z.string(),
  object: z.literal("model"),
  created: z.int(),
  owned_by: z.string(),
});
export const Models = z.looseObject({ object: z.literal("list"), data: z.array(ModelObject) });
export const Video = z.looseObject({
  id: z.string(),
  object: z.literal("video"),
  created_at: z.int(),
  status: z.enum(["queued", "in_progress", "completed", "failed"]),
  progress: z.int(),
  model: z.string(),
  size: z.string(),
  seconds: z.string(),
});
export const Videos = z.looseObject({ object: z.literal("list"), data: z.array(Video), has_more: z.boolean() });
export const DeletedVideo = z.looseObject({ id: z.string(), object: z.literal("video.deleted"), deleted: z.boolean() });
export const FileObject = z.looseObject({
  id: z.string(),
  object: z.literal("file"),
  bytes: z.int(),
  created_at: z.int(),
  filename: z.string(),
  purpose: z.string(),
});
export const Files = z.looseObject({ object: z.literal("list"), data: z.array(FileObject) });
export const Deleted = z.looseObject({ id: z.string(), object: z.literal("file"), deleted: z.boolean() });
