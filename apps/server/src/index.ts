export * from "./config.ts";
export type { House } from "./house.ts";
