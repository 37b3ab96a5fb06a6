import { type Brief, InksealError } from "@inkseal/core";
import type {
  ChatHistoryItem,
  ChatModelFunctionCall,
  ChatModelFunctions,
  ChatModelResponse,
  GbnfJsonSchema,
} from "node-llama-cpp";
import { conversationOf, type ToolSpec, type TurnPart } from "../remote/turns.ts";

/**
 * A chat brief in the library's words: system, user, and the model's turns with its calls and their results.
 * Throws `cannot-do` for pictures and other files, which the library cannot show to a model.
 */
export async function historyOf(brief: Brief, signal: AbortSignal): Promise<ChatHistoryItem[]> {
  const { system, turns } = await conversationOf(brief, () => Promise.reject(blind()), signal);
  const history: ChatHistoryItem[] = system === "" ? [] : [{ type: "system", text: system }];
  const calls = new Map<string, ChatModelFunctionCall>();
  for (const { role, parts } of turns) {
    for (const part of parts) {
      if (part.kind === "file") throw blind();
      if (part.kind === "result") {
        const call = calls.get(part.id);
        if (call === undefined)
          throw new InksealError("bad-request", "messages: a tool result answers no call before it", { param: "messages" });
        call.result = jsonOr(part.text);
      } else if (role === "user") say(history, part);
      else answer(history, part, calls);
    }
  }
  return history;
}

function say(history: ChatHistoryItem[], part: TurnPart): void {
  if (part.kind !== "text") return;
  const last = history.at(-1);
  if (last?.type === "user") history[history.length - 1] = { type: "user", text: `${last.text}\n\n${part.text}` };
  else history.push({ type: "user", text: part.text });
}

function answer(history: ChatHistoryItem[], part: TurnPart, calls: Map<string, ChatModelFunctionCall>): void {
  let last = history.at(-1);
  if (last?.type !== "model") history.push((last = { type: "model", response: [] } satisfies ChatModelResponse));
  if (part.kind === "text") last.response.push(part.text);
  if (part.kind !== "call") return;
  const before = last.response.at(-1);
  const first = typeof before !== "object" || before.type !== "functionCall" || before.result !== undefined;
  const call: ChatModelFunctionCall = {
    type: "functionCall",
    name: part.name,
    params: part.args,
    result: undefined,
    ...(first && { startsNewChunk: true }),
  };
  calls.set(part.id, call);
  last.response.push(call);
}

/** Results are JSON or plain words; models see either as it is. */
function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const blind = (): InksealError =>
  new InksealError("cannot-do", "llama.cpp in this process reads words only; for pictures use a server such as Ollama", {
    param: "messages",
  });

/** Tools in the library's form. */
export function functionsOf(tools: readonly ToolSpec[]): ChatModelFunctions {
  return Object.fromEntries(
    tools.map(({ name, description, parameters }) => [
      name,
      { ...(description !== undefined && { description }), params: schemaOf(parameters, parameters) as GbnfJsonSchema },
    ]),
  );
}

type Schema = Readonly<Record<string, unknown>>;
const kept = [
  ..."type description enum const properties required additionalProperties minProperties maxProperties".split(" "),
  ..."items prefixItems minItems maxItems minLength maxLength".split(" "),
];
const formats = ["date", "time", "date-time"];

/** A tool's JSON Schema with what the library's own grammars know; `anyOf` as `oneOf`, references resolved, loops cut. */
function schemaOf(schema: unknown, root: Schema, depth = 0): Schema {
  const s = (typeof schema === "object" && schema !== null ? schema : {}) as Schema;
  if (depth > 16) return anything;
  if (typeof s.$ref === "string") return schemaOf(targetOf(s.$ref, root), root, depth + 1);
  const alternatives = s.anyOf ?? s.oneOf;
  const inner = (x: unknown): Schema => schemaOf(x, root, depth + 1);
  if (Array.isArray(alternatives)) return { oneOf: alternatives.map(inner) };
  if (s.type === undefined && s.enum === undefined && s.const === undefined && s.properties === undefined) return anything;
  const out: Record<string, unknown> = s.properties !== undefined ? { type: "object" } : {};
  for (const key of kept) if (s[key] !== undefined) out[key] = s[key];
  if (typeof s.format === "string" && formats.includes(s.format)) out.format = s.format;
  if (typeof s.properties === "object" && s.properties !== null)
    out.properties = Object.fromEntries(Object.entries(s.properties).map(([name, value]) => [name, inner(value)]));
  if (typeof s.additionalProperties === "object") out.additionalProperties = inner(s.additionalProperties);
  if (s.items !== undefined) out.items = inner(s.items);
  if (Array.isArray(s.prefixItems)) out.prefixItems = s.prefixItems.map(inner);
  return out;
}

const anything: Schema = {
  oneOf: [{ type: ["string", "number", "boolean", "null"] }, { type: "object", additionalProperties: true }, { type: "array" }],
};

function targetOf(ref: string, root: Schema): unknown {
  let at: unknown = root;
  for (const step of ref.replace(/^#\/?/, "").split("/").filter(Boolean)) {
    at = typeof at === "object" && at !== null && Object.hasOwn(at, step) ? (at as Schema)[step] : undefined;
  }
  return at;
}
