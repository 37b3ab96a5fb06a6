import { resolve, sep } from "node:path";
import { InksealError } from "@inkseal/core";

/** Members of a training's configuration that name files, whatever the model's kind, and those that hold words of the data. */
const paths = new Set(["path", "from", "teacher"]);
const data = new Set(["name", "values", "labels"]);

/**
 * A training's configuration with its paths, which are relative to `own`, made absolute. Throws `forbidden` for one that leads out of
 * the Lab's folder, for words elsewhere that look like a path, for `machines`, which opens sockets, and for data
 * that names files of its own.
 */
export function confine(config: Readonly<Record<string, unknown>>, lab: string, own: string): Record<string, unknown> {
  if (config.machines !== undefined) throw refused("machines", "several machines train from the command line only");
  const model = config.model as { readonly kind?: unknown; readonly text?: unknown } | undefined;
  if (model?.kind === "vit" && model.text !== undefined)
    // its .jsonl names pictures by paths of its own
    throw refused("model.text", "pictures with texts are learnt from the command line only");
  const within = (path: string, at: string): string => {
    const whole = resolve(own, path);
    if (!whole.startsWith(resolve(lab) + sep)) throw refused(at, "the path leads out of the Lab's folder");
    return whole;
  };
  const walk = (value: unknown, key: string, at: string): unknown => {
    if (typeof value === "string") {
      if (paths.has(key)) return within(value, at);
      if (!data.has(key) && /[/\\]/.test(value)) throw refused(at, "only paths of the Lab's own files are taken");
      return value;
    }
    if (Array.isArray(value)) return value.map((one, i) => walk(one, key, `${at}.${i}`));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [name, walk(one, name, at === "" ? name : `${at}.${name}`)]),
    );
  };
  const { out: _, ...rest } = config;
  return { ...(walk(rest, "", "") as Record<string, unknown>), out: own };
}

const refused = (param: string, why: string): InksealError => new InksealError("forbidden", `${param}: ${why}`, { param });
