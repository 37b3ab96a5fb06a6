export { type LlamaOptions, llamaEngine } from "./local/llama.ts";
export type { Probe } from "./local/probe.ts";
export { candidates, type PlanOptions, plan } from "./plan.ts";
export { type Preset, type ProviderSettings, presets, providersOf, remoteEngines } from "./providers.ts";
export { type OpenaiOptions, openaiEngine } from "./remote/openai.ts";
export { EventParser } from "./remote/sse.ts";
export { espeakEngine } from "./speech/espeak.ts";
export { fliteEngine } from "./speech/flite.ts";
export { type Answer, type Call, type Transport, undiciTransport } from "./transport.ts";
