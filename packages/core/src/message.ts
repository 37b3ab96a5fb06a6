import { z } from "zod";

/**
 * Chat messages in OpenAI's shape, the field's common tongue. Loose: unknown members pass through unharmed.
 * @see https://platform.openai.com/docs/api-reference/chat/create
 */
export const ContentPart = z.looseObject({ type: z.string() });
export type ContentPart = z.infer<typeof ContentPart>;

export const Message = z.looseObject({
  role: z.enum(["system", "developer", "user", "assistant", "tool", "function"]),
  content: z.union([z.string(), z.array(ContentPart), z.null()]).optional(),
});
export type Message = z.infer<typeof Message>;
