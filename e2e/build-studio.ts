import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { chromiumPath } from "./browser.ts";

/** Builds the Studio, once for all who look at it in a browser. */
export default async function setup(): Promise<void> {
  if (chromiumPath === undefined) return;
  const root = join(import.meta.dirname, "..");
  const vite = join(root, "node_modules/vite/bin/vite.js");
  await promisify(execFile)(process.execPath, [vite, "build"], { cwd: join(root, "apps/studio") });
}
