import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openDatabase } from "@inkseal/store";
import type { Config } from "./config.ts";
import type { House } from "./house.ts";

/**
 * Composes everything once, from the ground up. Throws `conflict` when another process has the home open.
 * The embedded database starts in its worker while the other rooms are still being loaded: half a second of a start.
 */
export async function openHouse(config: Config, env: NodeJS.ProcessEnv = process.env): Promise<House> {
  const { home, databaseUrl } = config;
  await mkdir(home, { recursive: true, mode: 0o700 });
  const opening = openDatabase(databaseUrl === undefined ? { folder: join(home, "database") } : { url: databaseUrl });
  opening.catch(() => undefined); // furnish waits for it
  const { furnish } = await import("./furnish.ts");
  return await furnish(config, env, opening);
}
