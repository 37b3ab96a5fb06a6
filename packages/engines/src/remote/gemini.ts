import type {
  Candidate,
  Content,
  FunctionCallingConfigMode,
  GenerateContentConfig,
  GenerateContentParameters,
  GenerateContentResponse,
  GoogleGenAI,
  Part,
} from "@google/genai";
import {
  type Brief,
  type Chunk,
  type Engine,
  InksealError,
  type ModelInfo,
  type Plan,
  type ToolCallDelta,
  type Usage,
} from "@inkseal/core";
import { modelList } from "./model-list.ts";
import type { NativeOptions } from "./native-options.ts";
import { errorOf, sdkFetch } from "./sdk-fetch.ts";
import { conversationOf, type Turn, type TurnPart, toolChoiceOf, toolsOf } from "./turns.ts";

/** Separates a call's id from the signature of the thought that led to it: Gemini 3 wants it back with the call. */
const thoughtMark = "__thought__";

/**
 * Google's Gemini through its own library: text, pictures, PDF, tools, JSON Schema, several candidates.
 * @see https://ai.google.dev/api/generate-content
 */
export function geminiEngine(options: NativeOptions): Engine {
  const { name, place, baseUrl, apiKey, headers, transport, fetcher, idleMs } = options;
  let opening: Promise<GoogleGenAI> | undefined;
  // the library takes 130 ms to load: only those pay who use it
  const open = (): Promise<GoogleGenAI> =>
    (opening ??= import("@google/genai").then(
      (sdk) =>
        new sdk.GoogleGenAI({
          apiKey: apiKey ?? "",
          vertexai: false,
          httpOptions: { baseUrl, headers: { ...headers }, fetch: sdkFetch(name, transport, apiKey, idleMs) },
        }),
    ));
  return {
    name,
    place,
    tasks: ["chat"],
    ignores: ["minP", "grammar"],
    models: modelList(async () => models(await open(), name)),
    async *generate(plan, signal) {
      if (plan.brief.task !== "chat") throw new InksealError("cannot-do", `${name} cannot do ${plan.brief.task}`);
      const left = new AbortController(); // the library goes on reading after its reader has left
      try {
        const params = await paramsOf(plan, fetcher, AbortSignal.any([signal, left.signal]));
        const client = await open();
        const answers = plan.brief.stream
          ? await client.models.generateContentStream(params)
          : single(client.models.generateContent(params));
        yield* chunksOf(answers, name);
      } catch (thrown) {
        throw errorOf(thrown, name, signal);
      } finally {
        left.abort();
      }
    },
  };
}

async function* single<T>(promise: Promise<T>): AsyncGenerator<T> {
  yield await promise;
}

async function models(client: GoogleGenAI, name: string): Promise<readonly ModelInfo[]> {
  const abortSignal = AbortSignal.timeout(10_000);
  try {
    const found: ModelInfo[] = [];
    for await (const model of await client.models.list({ config: { pageSize: 1000, abortSignal } })) {
      if (!model.name || !(model.supportedActions ?? ["generateContent"]).includes("generateContent")) continue;
      const id = model.name.replace(/^models\//, "");
      found.push({ id, tasks: ["chat"], tools: true, vision: true, context: model.inputTokenLimit, note: model.displayName });
    }
    return found;
  } catch (thrown) {
    throw errorOf(thrown, name, abortSignal);
  }
}

async function paramsOf(
  { brief, model }: Plan,
  fetcher: NativeOptions["fetcher"],
  signal: AbortSignal,
): Promise<GenerateContentParameters> {
  const { system, turns } = await conversationOf(brief, fetcher, signal);
  const c = brief.controls;
  const config: GenerateContentConfig = {
    abortSignal: signal,
    ...(system !== "" && { systemInstruction: system }),
    ...(c.temperature !== undefined && { temperature: c.temperature }),
    ...(c.topP !== undefined && { topP: c.topP }),
    ...(c.topK !== undefined && { topK: c.topK }),
    ...(c.maxTokens !== undefined && { maxOutputTokens: c.maxTokens }),
    ...(c.stop !== undefined && { stopSequences: c.stop }),
    ...(c.seed !== undefined && { seed: c.seed }),
    ...(c.n !== undefined && { candidateCount: c.n }),
    ...(c.frequencyPenalty !== undefined && { frequencyPenalty: c.frequencyPenalty }),
    ...(c.presencePenalty !== undefined && { presencePenalty: c.presencePenalty }),
    ...(c.schema !== undefined && { responseMimeType: "application/json" }),
    ...(typeof c.schema === "object" && { responseJsonSchema: c.schema }),
    ...toolConfig(brief),
  };
  return { model, contents: turns.map(contentOf), config };
}

function toolConfig(brief: Brief): Pick<GenerateContentConfig, "tools" | "toolConfig"> {
  const tools = toolsOf(brief);
  if (tools.length === 0) return {};
  const choice = toolChoiceOf(brief);
  const modes = { auto: "AUTO", none: "NONE", required: "ANY" } as const;
  const mode = (choice: keyof typeof modes): FunctionCallingConfigMode => modes[choice] as FunctionCallingConfigMode;
  return {
    tools: [
      {
        functionDeclarations: tools.map(({ name, description, parameters }) => ({
          name,
          ...(description !== undefined && { description }),
          parametersJsonSchema: parameters,
        })),
      },
    ],
    ...(choice !== undefined && {
      toolConfig: {
        functionCallingConfig:
          typeof choice === "string" ? { mode: mode(choice) } : { mode: mode("required"), allowedFunctionNames: [choice.name] },
      },
    }),
  };
}

const contentOf = ({ role, parts }: Turn): Content => ({
  role: role === "assistant" ? "model" : "user",
  parts: parts.map(partOf),
});

function partOf(part: TurnPart): Part {
  switch (part.kind) {
    case "text":
      return { text: part.text };
    case "file":
      return { inlineData: { mimeType: part.mediaType, data: part.base64 } };
    case "call": {
      const [, signature] = part.id.split(thoughtMark);
      return { functionCall: { name: part.name, args: { ...part.args } }, ...(signature && { thoughtSignature: signature }) };
    }
    case "result":
      return { functionResponse: { name: part.name, response: resultOf(part.text) } };
  }
}

/** The API wants an object; words that are none are put into one. */
function resultOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // words
  }
  return { output: text };
}

async function* chunksOf(answers: AsyncIterable<GenerateContentResponse>, name: string): AsyncGenerator<readonly Chunk[]> {
  const calls = new Map<number, number>();
  const finished = new Set<number>();
  let usage: Usage | undefined;
  for await (const answer of answers) {
    if (answer.usageMetadata !== undefined) usage = usageOf(answer.usageMetadata);
    const batch = (answer.candidates ?? []).map((candidate) => chunkOf(candidate, calls, finished));
    if (answer.promptFeedback?.blockReason !== undefined && batch.length === 0) {
      finished.add(0);
      batch.push({ index: 0, finish: "content_filter" });
    }
    if (batch.length > 0) yield batch;
  }
  if (finished.size === 0) throw new InksealError("upstream-invalid", `${name} ended its answer before it was whole`);
  // each event counts anew from the start, so only the last count is told
  if (usage !== undefined) yield [{ index: 0, usage }];
}

function chunkOf({ index = 0, content, finishReason }: Candidate, calls: Map<number, number>, finished: Set<number>): Chunk {
  let text: string | undefined;
  let reasoning: string | undefined;
  const toolCalls: ToolCallDelta[] = [];
  for (const part of content?.parts ?? []) {
    if (part.functionCall !== undefined) {
      const call = calls.get(index) ?? 0;
      calls.set(index, call + 1);
      const id = part.functionCall.id ?? `call_${index}_${call}`;
      toolCalls.push({
        call,
        id: part.thoughtSignature ? `${id}${thoughtMark}${part.thoughtSignature}` : id,
        name: part.functionCall.name,
        arguments: JSON.stringify(part.functionCall.args ?? {}),
      });
    } else if (part.text !== undefined) {
      if (part.thought) reasoning = (reasoning ?? "") + part.text;
      else text = (text ?? "") + part.text;
    }
  }
  const finish = finishReason === undefined || finished.has(index) ? undefined : finishOf(finishReason, calls.has(index));
  if (finish !== undefined) finished.add(index);
  return { index, text, reasoning, toolCalls: toolCalls.length > 0 ? toolCalls : undefined, finish };
}

const filtered = new Set(
  "SAFETY RECITATION BLOCKLIST PROHIBITED_CONTENT SPII IMAGE_SAFETY IMAGE_PROHIBITED_CONTENT IMAGE_RECITATION".split(" "),
);
function finishOf(reason: string, called: boolean): string {
  if (reason === "MAX_TOKENS") return "length";
  if (filtered.has(reason)) return "content_filter";
  return called ? "tool_calls" : "stop";
}

function usageOf(u: NonNullable<GenerateContentResponse["usageMetadata"]>): Usage {
  const answer = u.candidatesTokenCount;
  return {
    inputTokens: u.promptTokenCount,
    // thoughts are counted apart here and within the output everywhere else
    outputTokens: answer === undefined ? u.thoughtsTokenCount : answer + (u.thoughtsTokenCount ?? 0),
    cachedTokens: u.cachedContentTokenCount,
    reasoningTokens: u.thoughtsTokenCount,
  };
}
