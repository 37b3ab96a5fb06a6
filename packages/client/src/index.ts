export * from "./brief.ts";
export * from "./client.ts";
export * from "./envelope.ts";
export * from "./schemas.ts";
export * from "./sse.ts";
export type { ClientEvent } from "./stream.ts";
export * from "./training-schemas.ts";
export type { CallOptions, ClientOptions } from "./wire.ts";
