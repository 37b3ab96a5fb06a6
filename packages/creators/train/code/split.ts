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

/** Those of them by which the mixture was set; figures leave them out. */
const tuned: ReadonlySet<string> = new Set(["commander", "cookie", "find-my-way", "lifecycle-utils", "semver", "tsyringe"]);

/** Whether figures are taken on it. */
export const isMeasured = (name: string): boolean => heldOut.has(name) && !tuned.has(name);
export const isHeldOut = (name: string): boolean => heldOut.has(name);
