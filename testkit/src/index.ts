export * from "./memory.ts";
export * from "./postgres.ts";
export * from "./s3-server.ts";
export * from "./test-blobs.ts";
export * from "./test-database.ts";
export * from "./test-engine.ts";
export { type Seen, startUpstream, tinyPng, tinyWav, type Upstream } from "./upstream.ts";
