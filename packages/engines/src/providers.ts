import { type Engine, InksealError } from "@inkseal/core";
import { anthropicEngine } from "./remote/anthropic.ts";
import { automatic1111Engine } from "./remote/automatic1111.ts";
import { comfyuiEngine } from "./remote/comfyui.ts";
import { geminiEngine } from "./remote/gemini.ts";
import { guardedTransport } from "./remote/guarded-transport.ts";
import type { NativeOptions } from "./remote/native-options.ts";
import { type OpenaiOptions, openaiEngine } from "./remote/openai.ts";
import type { Transport } from "./transport.ts";

/** A provider as the configuration names it. */
export interface ProviderSettings {
  readonly name: string;
  readonly kind: "openai" | "anthropic" | "gemini" | "comfyui" | "automatic1111";
  readonly baseUrl?: string;
  readonly apiKey?: string;
  readonly place?: "local" | "cloud";
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds without a byte before the provider counts as stalled; 120,000. */
  readonly idleMs?: number;
}

export interface Preset {
  readonly kind: ProviderSettings["kind"];
  readonly baseUrl: string;
  readonly place: "local" | "cloud";
  /** Environment variable of its key; with it set the provider is on. */
  readonly keyVariable?: string;
  /** Environment variable of its address; with it set a local server is on. */
  readonly urlVariable?: string;
  readonly tasks?: Engine["tasks"];
  /** False: it counts usage in streams unasked, or refuses `stream_options`. */
  readonly usageInStream?: boolean;
  /** Has `/responses`. */
  readonly responses?: boolean;
  /** What it calls the most tokens to write, in chat; `max_tokens`. */
  readonly maxTokensName?: string;
}

const words = ["chat", "completion", "infill"] as const;

/** Providers known by name. Local servers are on when their address variable is set or the configuration names them. */
export const presets: Readonly<Record<string, Preset>> = {
  openai: {
    kind: "openai",
    responses: true,
    maxTokensName: "max_completion_tokens",
    baseUrl: "https://api.openai.com/v1",
    place: "cloud",
    keyVariable: "OPENAI_API_KEY",
  },
  deepseek: {
    kind: "openai",
    baseUrl: "https://api.deepseek.com/v1",
    place: "cloud",
    keyVariable: "DEEPSEEK_API_KEY",
    tasks: words, // infill is theirs under /beta
  },
  dashscope: {
    kind: "openai",
    baseUrl: "https://dashscope.aliyuncs.com/compatible-mode/v1",
    place: "cloud",
    keyVariable: "DASHSCOPE_API_KEY",
    tasks: [...words, "embedding"],
  },
  moonshot: {
    kind: "openai",
    baseUrl: "https://api.moonshot.cn/v1",
    place: "cloud",
    keyVariable: "MOONSHOT_API_KEY",
    tasks: ["chat"],
  },
  zhipu: {
    kind: "openai",
    baseUrl: "https://open.bigmodel.cn/api/paas/v4",
    place: "cloud",
    keyVariable: "ZHIPU_API_KEY",
    tasks: ["chat", "embedding", "image"],
  },
  mistral: {
    kind: "openai",
    baseUrl: "https://api.mistral.ai/v1",
    place: "cloud",
    keyVariable: "MISTRAL_API_KEY",
    usageInStream: false,
    tasks: [...words, "embedding", "moderation"],
  },
  groq: {
    kind: "openai",
    baseUrl: "https://api.groq.com/openai/v1",
    place: "cloud",
    keyVariable: "GROQ_API_KEY",
    tasks: ["chat", "speech", "transcription"],
  },
  openrouter: {
    kind: "openai",
    baseUrl: "https://openrouter.ai/api/v1",
    place: "cloud",
    keyVariable: "OPENROUTER_API_KEY",
    tasks: words,
  },
  anthropic: { kind: "anthropic", baseUrl: "https://api.anthropic.com", place: "cloud", keyVariable: "ANTHROPIC_API_KEY" },
  gemini: {
    kind: "gemini",
    baseUrl: "https://generativelanguage.googleapis.com",
    place: "cloud",
    keyVariable: "GEMINI_API_KEY",
  },
  vllm: {
    kind: "openai",
    responses: true,
    baseUrl: "http://127.0.0.1:8000/v1",
    place: "local",
    urlVariable: "VLLM_BASE_URL",
  },
  lmstudio: {
    kind: "openai",
    baseUrl: "http://127.0.0.1:1234/v1",
    place: "local",
    urlVariable: "LMSTUDIO_BASE_URL",
    tasks: [...words, "embedding"],
  },
  ollama: {
    kind: "openai",
    baseUrl: "http://127.0.0.1:11434/v1",
    place: "local",
    urlVariable: "OLLAMA_BASE_URL",
    tasks: [...words, "embedding"],
  },
  localai: { kind: "openai", baseUrl: "http://127.0.0.1:8080/v1", place: "local", urlVariable: "LOCALAI_BASE_URL" },
  llamacpp: {
    kind: "openai",
    baseUrl: "http://127.0.0.1:8080/v1",
    place: "local",
    urlVariable: "LLAMACPP_BASE_URL",
    tasks: [...words, "embedding"],
  },
  comfyui: { kind: "comfyui", baseUrl: "http://127.0.0.1:8188", place: "local", urlVariable: "COMFYUI_BASE_URL" },
  automatic1111: {
    kind: "automatic1111",
    baseUrl: "http://127.0.0.1:7860",
    place: "local",
    urlVariable: "AUTOMATIC1111_BASE_URL",
  },
};

/** The providers that the environment switches on and the configuration does not name itself. */
export function providersOf(
  environment: Readonly<Record<string, string | undefined>>,
  configured: readonly ProviderSettings[],
): readonly ProviderSettings[] {
  const named = new Set(configured.map((p) => p.name));
  const found: ProviderSettings[] = [];
  for (const [name, preset] of Object.entries(presets)) {
    const apiKey = preset.keyVariable && environment[preset.keyVariable];
    const url = preset.urlVariable && environment[preset.urlVariable];
    if (!named.has(name) && (apiKey || url))
      found.push({ name, kind: preset.kind, apiKey: apiKey || undefined, baseUrl: url || undefined });
  }
  return [...configured, ...found];
}

export interface RemoteDeps {
  /** Reaches the providers themselves, wherever they are. */
  readonly transport: Transport;
  /** Fetches what users and answers point to; one that refuses private addresses, by default. */
  readonly fetcher?: Transport;
}

/**
 * An engine for each provider, its preset filling in what the settings leave out. Throws `bad-request` for one without an address.
 */
export function remoteEngines(settings: readonly ProviderSettings[], { transport, fetcher }: RemoteDeps): readonly Engine[] {
  const outside = fetcher ?? guardedTransport();
  return settings.map((given) => {
    const preset = presets[given.name];
    // a preset's name says what it speaks, also where the configuration leaves the kind at its default
    const kind = preset !== undefined && given.kind === "openai" ? preset.kind : given.kind;
    const baseUrl =
      given.baseUrl ?? preset?.baseUrl ?? Object.values(presets).find((p) => p.kind === kind && kind !== "openai")?.baseUrl;
    if (baseUrl === undefined || !URL.canParse(baseUrl))
      throw new InksealError("bad-request", `the provider ${given.name} has no baseUrl that is a URL`, { param: "providers" });
    return makers[kind]({
      ...given,
      baseUrl,
      place: given.place ?? preset?.place ?? placeOf(baseUrl),
      tasks: preset?.tasks,
      usageInStream: preset?.usageInStream,
      responses: preset?.responses,
      maxTokensName: preset?.maxTokensName,
      transport,
      fetcher: outside,
    });
  });
}

/** A server on this machine is local; any other name or number may be anywhere. */
function placeOf(baseUrl: string): Engine["place"] {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(baseUrl).hostname) ? "local" : "cloud";
}

/** What makes the engine of each kind. */
const makers: Readonly<Record<ProviderSettings["kind"], (options: OpenaiOptions & NativeOptions) => Engine>> = {
  openai: openaiEngine,
  anthropic: anthropicEngine,
  gemini: geminiEngine,
  comfyui: comfyuiEngine,
  automatic1111: automatic1111Engine,
};
