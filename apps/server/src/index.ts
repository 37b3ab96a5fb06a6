export * from "./config.ts";
export { contextOf } from "./context.ts";
export type { House } from "./house.ts";
export { loadConfig, type Overrides } from "./load-config.ts";
export { openHouse } from "./open-house.ts";
export { RunsInFlight } from "./runs.ts";
export { type Running, startServer } from "./server.ts";
