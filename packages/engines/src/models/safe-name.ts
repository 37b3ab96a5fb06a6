import { InksealError } from "@inkseal/core";

/** What no file system takes, or takes for something else; `\` and `:` lead elsewhere on Windows. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const strange = /[\\:*?"<>|\x00-\x1f\x7f]/;

/**
 * A path below the models folder, parted by `/`, as a server or a user gave it. Throws `bad-request` when it could lead
 * out of the folder, hide in it, or not be written everywhere.
 */
export function safeName(path: string): string {
  const steps = path.split("/");
  const good =
    path.length <= 500 &&
    steps.length <= 8 &&
    steps.every((s) => s !== "" && !s.startsWith(".") && !/[. ]$/.test(s) && !strange.test(s) && Buffer.byteLength(s) <= 200);
  if (!good || /\.part$/i.test(path))
    throw new InksealError("bad-request", `${JSON.stringify(path.slice(0, 200))} cannot be the name of a model's file`, {
      param: "model",
    });
  return path;
}
