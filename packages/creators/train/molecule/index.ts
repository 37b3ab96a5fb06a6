export { openParts } from "../../src/molecule/parts.ts";
export { controlErrors, sample } from "./measure.ts";
