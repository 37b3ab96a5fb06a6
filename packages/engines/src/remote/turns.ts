import { type Brief, InksealError, sniff } from "@inkseal/core";
import type { Transport } from "../transport.ts";

/** A piece of a conversation, in nobody's dialect. */
export type TurnPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "file"; readonly mediaType: string; readonly base64: string }
  | { readonly kind: "call"; readonly id: string; readonly name: string; readonly args: Readonly<Record<string, unknown>> }
  | { readonly kind: "result"; readonly id: string; readonly name: string; readonly text: string };
export interface Turn {
  readonly role: "user" | "assistant";
  readonly parts: TurnPart[];
}
export interface Conversation {
  /** All system and developer messages, in order; empty when there are none. */
  readonly system: string;
  /** Roles alternate; no turn is empty. */
  readonly turns: readonly Turn[];
}

interface WirePart {
  readonly type?: string;
  readonly text?: string;
  readonly image_url?: { readonly url?: string } | string;
  readonly file?: { readonly file_data?: string };
}
interface WireMessage {
  readonly role: string;
  readonly content?: string | readonly WirePart[] | null;
  readonly tool_calls?: readonly {
    readonly id?: string;
    readonly function?: { readonly name?: string; readonly arguments?: string };
  }[];
  readonly tool_call_id?: string;
}

/**
 * A chat brief as a conversation, for providers that are not OpenAI's kin. Pictures by address are fetched with
 * `fetcher`, which must refuse private addresses. Throws `bad-request`, `cannot-do` for parts nobody here understands,
 * and what `fetcher` throws.
 */
export async function conversationOf(brief: Brief, fetcher: Transport, signal: AbortSignal): Promise<Conversation> {
  const messages = (brief.messages ?? [{ role: "user", content: brief.text ?? "" }]) as readonly WireMessage[];
  const system: string[] = [];
  const turns: Turn[] = [];
  const names = new Map<string, string>();
  for (const [i, message] of messages.entries()) {
    const { role, content, tool_call_id: id = "" } = message;
    if (role === "system" || role === "developer") {
      system.push(plainText(content));
      continue;
    }
    const parts: TurnPart[] = [];
    if (role === "tool") parts.push({ kind: "result", id, name: names.get(id) ?? id, text: plainText(content) });
    else if (role === "function") throw cannot("messages of the role function (use tool)", i);
    else for (const part of partsOf(content)) parts.push(await partOf(part, i, fetcher, signal));
    for (const call of message.tool_calls ?? []) {
      const name = call.function?.name ?? "";
      names.set(call.id ?? "", name);
      parts.push({ kind: "call", id: call.id ?? "", name, args: argsOf(call.function?.arguments, i) });
    }
    add(turns, role === "assistant" ? "assistant" : "user", parts);
  }
  add(
    turns,
    "user",
    brief.files.map(({ mediaType, bytes }) => ({ kind: "file", mediaType, base64: base64(bytes) })),
  );
  if (turns.length === 0) throw new InksealError("bad-request", "messages: there is nothing to answer", { param: "messages" });
  return { system: system.join("\n\n"), turns };
}

/** Appends to the last turn when it is the same side's; empty words are left out, for providers refuse them. */
function add(turns: Turn[], role: Turn["role"], parts: readonly TurnPart[]): void {
  const said = parts.filter((p) => p.kind !== "text" || p.text !== "");
  if (said.length === 0) return;
  const last = turns.at(-1);
  if (last?.role === role) last.parts.push(...said);
  else turns.push({ role, parts: [...said] });
}

const partsOf = (content: WireMessage["content"]): readonly WirePart[] =>
  typeof content === "string" ? [{ type: "text", text: content }] : (content ?? []);

const plainText = (content: WireMessage["content"]): string =>
  partsOf(content)
    .map((p) => p.text ?? "")
    .join("");

async function partOf(part: WirePart, message: number, fetcher: Transport, signal: AbortSignal): Promise<TurnPart> {
  if (part.type === "text" || part.type === "refusal") return { kind: "text", text: part.text ?? "" };
  const url =
    part.type === "image_url"
      ? typeof part.image_url === "string"
        ? part.image_url
        : part.image_url?.url
      : part.type === "file"
        ? part.file?.file_data
        : undefined;
  if (url === undefined) throw cannot(`parts of type ${JSON.stringify(part.type)}`, message);
  return { kind: "file", ...(await fileOf(url, message, fetcher, signal)) };
}

/** What models look at. */
const seen = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/heic", "application/pdf"]);

async function fileOf(
  url: string,
  message: number,
  fetcher: Transport,
  signal: AbortSignal,
): Promise<{ mediaType: string; base64: string }> {
  const data = /^data:[^,]*;base64,/i.exec(url.slice(0, 256));
  const bytes = data ? Buffer.from(url.slice(data[0].length), "base64") : await fetched(url, fetcher, signal);
  const mediaType = sniff(bytes);
  if (!seen.has(mediaType))
    throw new InksealError("bad-file", `messages.${message}: ${mediaType} is neither a picture of a known type nor a PDF`, {
      param: `messages.${message}`,
    });
  return { mediaType, base64: base64(bytes) };
}

async function fetched(url: string, fetcher: Transport, signal: AbortSignal): Promise<Uint8Array> {
  const answer = await fetcher({ method: "GET", url, signal, idleMs: 15_000 });
  if (answer.status !== 200)
    throw new InksealError("bad-file", `a picture's address answered ${answer.status}`, { param: "messages" });
  const parts: Uint8Array[] = [];
  for await (const part of answer.body) parts.push(part);
  return Buffer.concat(parts);
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");

function argsOf(json: string | undefined, message: number): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json || "{}");
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // said below
  }
  throw new InksealError("bad-request", `messages.${message}: the arguments of a tool call are no JSON object`, {
    param: `messages.${message}.tool_calls`,
  });
}

const cannot = (what: string, message: number): InksealError =>
  new InksealError("cannot-do", `messages.${message}: this provider does not take ${what}`, { param: `messages.${message}` });

/** A function tool in OpenAI's form, taken apart. */
export interface ToolSpec {
  readonly name: string;
  readonly description: string | undefined;
  /** JSON Schema. */
  readonly parameters: Record<string, unknown>;
}
/** The function tools of a brief. Throws `cannot-do` for tools of other kinds: they run at OpenAI only. */
export function toolsOf({ controls: { tools = [] } }: Brief): readonly ToolSpec[] {
  return tools.map((tool) => {
    const f = tool.function as { name?: unknown; description?: string; parameters?: Record<string, unknown> } | undefined;
    if (tool.type !== "function" || typeof f?.name !== "string")
      throw new InksealError("cannot-do", `tools: this provider has no tools of type ${JSON.stringify(tool.type)}`, {
        param: "tools",
      });
    return { name: f.name, description: f.description, parameters: f.parameters ?? { type: "object", properties: {} } };
  });
}

/** What `tool_choice` says: whether to call, and what. */
export function toolChoiceOf({
  controls: { toolChoice },
}: Brief): "auto" | "none" | "required" | { readonly name: string } | undefined {
  if (toolChoice === "auto" || toolChoice === "none" || toolChoice === "required") return toolChoice;
  const name = (toolChoice as { function?: { name?: unknown } } | null | undefined)?.function?.name;
  return typeof name === "string" ? { name } : undefined;
}
