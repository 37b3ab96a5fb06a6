import type { Brief } from "@inkseal/core";

/** The words of a brief that asks a creator for one piece: the text, or what the last person said. */
export function wordsOf({ text, messages }: Brief): string {
  if (text !== undefined) return text.trim();
  const said = messages?.findLast(({ role }) => role === "user")?.content;
  if (typeof said === "string") return said.trim();
  if (!Array.isArray(said)) return "";
  return said
    .map((part) => (part.type === "text" && "text" in part ? String(part.text) : ""))
    .join("\n")
    .trim();
}
