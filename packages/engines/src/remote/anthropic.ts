import type Anthropic from "@anthropic-ai/sdk";
import { type Brief, type Chunk, type Engine, InksealError, type ModelInfo, type Plan, type Usage } from "@inkseal/core";
import { modelList } from "./model-list.ts";
import type { NativeOptions } from "./native-options.ts";
import { wireParams } from "./openai-body.ts";
import { errorOf, sdkFetch } from "./sdk-fetch.ts";
import { conversationOf, type Turn, type TurnPart, toolChoiceOf, toolsOf } from "./turns.ts";
import { withoutKeys } from "./upstream-error.ts";

/** The API demands a limit; every model of the last two years takes this one. */
const usualMaxTokens = 4096;

/**
 * Anthropic's Messages API through its own library: text, pictures, PDF, tools, JSON Schema, thinking.
 * Of OpenAI's parameters `parallel_tool_calls`, `user` and `reasoning_effort` are translated; `thinking` passes as it is.
 * @see https://docs.anthropic.com/en/api/messages
 */
export function anthropicEngine(options: NativeOptions): Engine {
  const { name, place, baseUrl, apiKey, headers, transport, fetcher, idleMs } = options;
  let opening: Promise<Opened> | undefined;
  // the library takes 180 ms to load: only those pay who use it
  const open = (): Promise<Opened> =>
    (opening ??= import("@anthropic-ai/sdk").then(({ default: sdk }) => ({
      sdk,
      client: new sdk({
        apiKey: apiKey ?? null,
        authToken: null,
        baseURL: baseUrl.replace(/\/+$/, "").replace(/\/v1$/, ""),
        defaultHeaders: { ...headers },
        fetch: sdkFetch(name, transport, apiKey, idleMs),
        maxRetries: 0, // the pipeline retries and falls back
        timeout: 24 * 60 * 60_000, // the run's deadline and the transport's idle time rule
        logLevel: "off",
      }),
    })));
  return {
    name,
    place,
    tasks: ["chat"],
    ignores: ["seed", "n", "minP", "frequencyPenalty", "presencePenalty", "grammar"],
    models: modelList(async () => models((await open()).client, name)),
    async *generate(plan, signal) {
      if (plan.brief.task !== "chat") throw new InksealError("cannot-do", `${name} cannot do ${plan.brief.task}`);
      const { sdk, client } = await open();
      try {
        const body = await bodyOf(plan, fetcher, signal);
        if (plan.brief.stream) yield* streamed(await client.messages.create({ ...body, stream: true }, { signal }), name);
        else yield [wholeChunk(await client.messages.create({ ...body, stream: false }, { signal }), name)];
      } catch (thrown) {
        throw thrown instanceof sdk.APIError ? brokenOff(sdk, thrown, name, apiKey, signal) : errorOf(thrown, name, signal);
      }
    },
  };
}

interface Opened {
  readonly sdk: typeof Anthropic;
  readonly client: Anthropic;
}

async function models(client: Anthropic, name: string): Promise<readonly ModelInfo[]> {
  const signal = AbortSignal.timeout(10_000);
  try {
    const page = await client.models.list({ limit: 1000 }, { signal });
    return page.data.map(({ id, display_name }) => ({ id, tasks: ["chat"], tools: true, vision: true, note: display_name }));
  } catch (thrown) {
    throw errorOf(thrown, name, signal);
  }
}

type Params = Omit<Anthropic.MessageCreateParamsNonStreaming, "stream">;

async function bodyOf({ brief, model }: Plan, fetcher: NativeOptions["fetcher"], signal: AbortSignal): Promise<Params> {
  const { system, turns } = await conversationOf(brief, fetcher, signal);
  const c = brief.controls;
  const own = wireParams(brief, "openai.chat") ?? {};
  const effort = own.reasoning_effort as Anthropic.OutputConfig["effort"] | undefined;
  const anyJson = c.schema === true ? "Answer with one JSON value and nothing else." : "";
  const instructions = [system, anyJson].filter(Boolean).join("\n\n");
  const format =
    typeof c.schema === "object" ? ({ type: "json_schema", schema: c.schema } satisfies Anthropic.JSONOutputFormat) : undefined;
  return {
    model,
    max_tokens: c.maxTokens ?? usualMaxTokens,
    messages: turns.map(messageOf),
    ...(instructions !== "" && { system: instructions }),
    ...(c.temperature !== undefined && { temperature: Math.min(1, c.temperature) }),
    ...(c.topP !== undefined && { top_p: c.topP }),
    ...(c.topK !== undefined && { top_k: c.topK }),
    ...(c.stop !== undefined && c.stop.length > 0 && { stop_sequences: c.stop }),
    ...((format || effort) && { output_config: { ...(format && { format }), ...(effort && { effort }) } }),
    ...(typeof own.user === "string" && { metadata: { user_id: own.user } }),
    ...(typeof own.thinking === "object" &&
      own.thinking !== null && { thinking: own.thinking as Anthropic.ThinkingConfigParam }),
    ...toolParams(brief, own.parallel_tool_calls === false),
  };
}

function toolParams(brief: Brief, oneAtATime: boolean): Pick<Params, "tools" | "tool_choice"> {
  const tools = toolsOf(brief);
  if (tools.length === 0) return {};
  const choice = toolChoiceOf(brief) ?? (oneAtATime ? "auto" : undefined);
  const single = oneAtATime ? { disable_parallel_tool_use: true } : {};
  return {
    tools: tools.map(({ name, description, parameters }) => ({
      name,
      ...(description !== undefined && { description }),
      input_schema: { type: "object", ...parameters } as Anthropic.Tool.InputSchema,
    })),
    ...(choice !== undefined && {
      tool_choice:
        choice === "none"
          ? { type: "none" }
          : choice === "auto"
            ? { type: "auto", ...single }
            : choice === "required"
              ? { type: "any", ...single }
              : { type: "tool", name: choice.name, ...single },
    }),
  };
}

const messageOf = ({ role, parts }: Turn): Anthropic.MessageParam => ({ role, content: parts.map(blockOf) });

function blockOf(part: TurnPart): Anthropic.ContentBlockParam {
  switch (part.kind) {
    case "text":
      return { type: "text", text: part.text };
    case "call":
      return { type: "tool_use", id: part.id, name: part.name, input: part.args };
    case "result":
      return { type: "tool_result", tool_use_id: part.id, content: part.text };
    case "file":
      return part.mediaType === "application/pdf"
        ? { type: "document", source: { type: "base64", media_type: "application/pdf", data: part.base64 } }
        : {
            type: "image",
            source: {
              type: "base64",
              media_type: part.mediaType as Anthropic.Base64ImageSource["media_type"],
              data: part.base64,
            },
          };
  }
}

function wholeChunk(message: Anthropic.Message, name: string): Chunk {
  if (!Array.isArray(message?.content)) throw new InksealError("upstream-invalid", `${name} answered no message`);
  const text: string[] = [];
  const reasoning: string[] = [];
  const toolCalls = [];
  for (const block of message.content) {
    if (block.type === "text") text.push(block.text);
    else if (block.type === "thinking") reasoning.push(block.thinking);
    else if (block.type === "tool_use")
      toolCalls.push({ call: toolCalls.length, id: block.id, name: block.name, arguments: JSON.stringify(block.input) });
  }
  return {
    index: 0,
    text: text.length > 0 ? text.join("") : undefined,
    reasoning: reasoning.length > 0 ? reasoning.join("") : undefined,
    toolCalls: toolCalls.length > 0 ? toolCalls : undefined,
    finish: finishOf(message.stop_reason),
    usage: usageOf(message.usage),
  };
}

async function* streamed(
  events: AsyncIterable<Anthropic.RawMessageStreamEvent>,
  name: string,
): AsyncGenerator<readonly Chunk[]> {
  let begun: Anthropic.Usage | undefined;
  let calls = -1;
  let silent = false; // a call whose arguments have not come: one without any gets "{}"
  let stopped = false;
  for await (const event of events) {
    if (event.type === "message_start") begun = event.message.usage;
    else if (event.type === "content_block_start" && event.content_block.type === "tool_use") {
      const { id, name: tool } = event.content_block;
      silent = true;
      yield [{ index: 0, toolCalls: [{ call: ++calls, id, name: tool, arguments: "" }] }];
    } else if (event.type === "content_block_delta") {
      const { delta } = event;
      if (delta.type === "text_delta") yield [{ index: 0, text: delta.text }];
      else if (delta.type === "thinking_delta") yield [{ index: 0, reasoning: delta.thinking }];
      else if (delta.type === "input_json_delta" && delta.partial_json !== "") {
        silent = false;
        yield [{ index: 0, toolCalls: [{ call: calls, arguments: delta.partial_json }] }];
      }
    } else if (event.type === "content_block_stop" && silent) {
      silent = false;
      yield [{ index: 0, toolCalls: [{ call: calls, arguments: "{}" }] }];
    } else if (event.type === "message_delta" && event.delta.stop_reason !== null) {
      stopped = true;
      yield [{ index: 0, finish: finishOf(event.delta.stop_reason), usage: usageOf({ ...begun, ...given(event.usage) }) }];
    }
  }
  if (!stopped) throw new InksealError("upstream-invalid", `${name} closed the stream before its end`);
}

/** Without the members that are null: in a stream's last event they mean "as said at its start". */
const given = (usage: object): Partial<Anthropic.Usage> =>
  Object.fromEntries(Object.entries(usage).filter(([, v]) => v !== null)) as Partial<Anthropic.Usage>;

function usageOf(usage: Partial<Anthropic.Usage>): Usage {
  const cached = usage.cache_read_input_tokens ?? undefined;
  const input = usage.input_tokens;
  return {
    // OpenAI's count of input includes what came from a cache, Anthropic's does not
    inputTokens: input === undefined ? undefined : input + (cached ?? 0) + (usage.cache_creation_input_tokens ?? 0),
    outputTokens: usage.output_tokens,
    cachedTokens: cached,
  };
}

const finishes: Readonly<Record<string, string>> = {
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool_calls",
  refusal: "content_filter",
};
const finishOf = (reason: string | null): string => finishes[reason ?? ""] ?? "stop";

/** An error event in the midst of a stream, or a time-out that the library names itself. */
function brokenOff(
  sdk: typeof Anthropic,
  error: InstanceType<typeof Anthropic.APIError>,
  name: string,
  apiKey: string | undefined,
  signal: AbortSignal,
): InksealError {
  // the library drops the cause of what sounds like a time-out
  if (error instanceof sdk.APIConnectionTimeoutError && !signal.aborted)
    return new InksealError("upstream-timeout", `${name} stalled`, { cause: error });
  if (error instanceof sdk.APIConnectionError || error instanceof sdk.APIUserAbortError) return errorOf(error, name, signal);
  const said = withoutKeys(error.apiMessage ?? "no reason given", apiKey).slice(0, 500);
  const code = error.type === "rate_limit_error" ? "upstream-rate-limited" : "upstream-error";
  return new InksealError(code, `${name} broke off: ${said}`, { upstream: { body: said } });
}
