import { existsSync } from "node:fs";
import { join } from "node:path";
import { homeOf } from "../desk/find-server.ts";

/** Where this machine's own models lie: what is trained there is served as `lab/NAME`. */
export const labFolder = (call: Parameters<typeof homeOf>[0]): string => join(homeOf(call), "lab");

/** The folder of a model: a path, or a name in the Lab's folder; of a training, whose finished model lies in `model`, or of the model itself. */
export function modelFolder(call: Parameters<typeof homeOf>[0], named: string): string {
  const places = [named, join(labFolder(call), named)].flatMap((path) => [path, join(path, "model")]);
  return places.find((path) => existsSync(join(path, "config.json"))) ?? named;
}
