import type { House } from "./house.ts";
import type { Running } from "./server.ts";

export * from "./config.ts";
export { contextOf } from "./context.ts";
export type { House } from "./house.ts";
export { loadConfig, type Overrides } from "./load-config.ts";
export { openHouse } from "./open-house.ts";
export type { Running } from "./server.ts";

/** See `server.ts`. Loads it while the house is still being opened. */
export async function startServer(opening: House | Promise<House>): Promise<Running> {
  const [server, house] = await Promise.all([import("./server.ts"), opening]);
  return await server.startServer(house);
}
