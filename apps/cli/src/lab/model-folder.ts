import { existsSync } from "node:fs";
import { join } from "node:path";

/** The folder of a model, or of a training (whose finished model lies in `model`). */
export const modelFolder = (path: string): string =>
  !existsSync(join(path, "config.json")) && existsSync(join(path, "model", "config.json")) ? join(path, "model") : path;
