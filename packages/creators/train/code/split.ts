/**
 * Packages that are kept from training, to measure with: TypeScript and JavaScript of many authors, libraries of several files each where there
 * are any. Their files come first when copies are sought, so what other packages bundle of them is not trained on either.
 */
const heldOut: ReadonlySet<string> = new Set([
  "@cfworker/json-schema",
  "@huggingface/jinja",
  "commander",
  "cookie",
  "eventsource-parser",
  "find-my-way",
  "ignore",
  "jose",
  "json-schema-to-ts",
  "lifecycle-utils",
  "onnxruntime-common",
  "path-scurry",
  "path-to-regexp",
  "postcss",
  "semver",
  "simple-git",
  "tar",
  "tsyringe",
  "winston",
  "ws",
]);

export const isHeldOut = (name: string): boolean => heldOut.has(name);
