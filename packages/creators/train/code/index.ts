/** For those who measure code completion: the held-out packages, the task, and the ways to do it. */
export type { CodeJob } from "../../src/code/job.ts";
export { CodeTokens } from "../../src/code/tokens.ts";
export { cleanSource, isReadable } from "./clean.ts";
export { exactLines, knowNothing, mostFrequentRest } from "./exact.ts";
export { lineTasks } from "./lines.ts";
export { installedSources, listedPackages, type SourcePackage } from "./sources.ts";
export { isHeldOut, isMeasured } from "./split.ts";
