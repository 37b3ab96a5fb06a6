import { type Brief, type Controls, type Dialect, InksealError } from "@inkseal/core";
import { responsesAsChat } from "./openai-responses.ts";

type Body = Record<string, unknown>;

/** Controls in OpenAI's own spelling, for briefs that did not come in its dialect. */
export function controlParams(c: Controls): Body {
  const body: Body = {
    temperature: c.temperature,
    top_p: c.topP,
    top_k: c.topK,
    min_p: c.minP,
    max_tokens: c.maxTokens,
    stop: c.stop,
    seed: c.seed,
    n: c.n,
    frequency_penalty: c.frequencyPenalty,
    presence_penalty: c.presencePenalty,
    response_format:
      c.schema === undefined
        ? undefined
        : c.schema === true
          ? { type: "json_object" }
          : { type: "json_schema", json_schema: { name: "output", schema: c.schema, strict: true } },
    tools: c.tools,
    tool_choice: c.toolChoice,
    grammar: c.grammar,
  };
  return defined(body);
}

export const defined = (body: Body): Body => Object.fromEntries(Object.entries(body).filter(([, v]) => v !== undefined));

/** The caller's own parameters when the brief came in `dialect`. */
export const wireParams = (brief: Brief, dialect: Dialect): Body | undefined =>
  brief.wire?.dialect === dialect ? brief.wire.params : undefined;

/** `POST /chat/completions`. */
export function chatBody(brief: Brief, model: string, maxTokensName = "max_tokens"): Body {
  const own = wireParams(brief, "openai.chat") ?? builtChat(brief, maxTokensName);
  const messages = brief.messages ?? (brief.text === undefined ? undefined : [{ role: "user", content: brief.text }]);
  if (messages === undefined)
    throw new InksealError("bad-request", "messages: there is nothing to answer", { param: "messages" });
  return { ...own, model, messages, stream: brief.stream };
}

function builtChat(brief: Brief, maxTokensName: string): Body {
  const { max_tokens, ...body } = controlParams(brief.controls);
  const renamed = max_tokens === undefined ? body : { ...body, [maxTokensName]: max_tokens };
  const asked = wireParams(brief, "openai.responses");
  return asked === undefined ? renamed : { ...renamed, ...defined(responsesAsChat(asked)) };
}

/** `POST /completions`, with `suffix` for infill. */
export function completionBody(brief: Brief, model: string): Body {
  const own = wireParams(brief, "openai.completions") ?? controlParams(brief.controls);
  return {
    ...own,
    model,
    prompt: Array.isArray(own.prompt) && own.prompt.length > 1 ? own.prompt : (brief.text ?? ""),
    ...(brief.suffix !== undefined && { suffix: brief.suffix }),
    stream: brief.stream,
  };
}

export function embeddingBody(brief: Brief, model: string): Body {
  const own = wireParams(brief, "openai.embeddings") ?? defined({ dimensions: brief.controls.dimensions });
  return { ...own, model, input: brief.texts ?? brief.text ?? own.input ?? "" };
}

export function moderationBody(brief: Brief, model: string): Body {
  return { ...wireParams(brief, "openai.moderations"), model, input: brief.texts ?? brief.text ?? "" };
}

/** gpt-image models always answer base64 and refuse the parameter; the others answer addresses unless asked. */
export const base64Format = (model: string): string | undefined =>
  /^(gpt-image|chatgpt-image)/.test(model) ? undefined : "b64_json";

export function imageBody(brief: Brief, model: string): Body {
  const c = brief.controls;
  const own =
    wireParams(brief, "openai.images") ??
    defined({ n: c.n, size: c.size, quality: c.quality, style: c.style, seed: c.seed, negative_prompt: c.negative });
  return { ...own, response_format: base64Format(model), stream: undefined, model, prompt: brief.text ?? "" };
}

const speechFormats: Readonly<Record<string, string>> = {
  "audio/wav": "wav",
  "audio/mpeg": "mp3",
  "audio/ogg": "opus",
  "audio/aac": "aac",
  "audio/flac": "flac",
  "audio/pcm": "pcm",
};

export function speechBody(brief: Brief, model: string): Body {
  const c = brief.controls;
  const format = c.format === undefined ? undefined : (speechFormats[c.format] ?? c.format);
  return {
    ...(wireParams(brief, "openai.speech") ??
      defined({ voice: c.voice ?? "alloy", speed: c.speed, response_format: format ?? "wav" })),
    model,
    input: brief.text ?? "",
    stream_format: undefined, // bytes, not events: they pass through guard and mark
  };
}
