export { keep, readCorpus } from "./corpus.ts";
export { type FuzzReport, fuzz } from "./fuzz.ts";
export { draws, mutate } from "./mutate.ts";
export { type FuzzTarget, verdictOf } from "./target.ts";
